/** What goes wrong, and when: the k-th side effect fails, or whoever makes them is killed right after it. */

/** Nobody catches it who lives: whoever sees it is dead. */
export class Killed extends Error {
  constructor() {
    super('killed');
  }
}

/** The effect that was to fail; whose it is says in which words. */
export class Fault extends Error {}

export interface FaultOptions {
  /** The number of the last side effect, the first being 1: after it nothing ever happens. */
  readonly killAfter?: number;
  /** The number of the side effect that fails. */
  readonly failAt?: number;
}

export class Faults {
  /** Names of the side effects so far, in order. */
  readonly effects: string[] = [];
  readonly #options: FaultOptions;
  readonly #end = new AbortController();

  constructor(options: FaultOptions = {}) {
    this.#options = options;
    if (options.killAfter === 0) this.#end.abort(new Killed());
  }

  /** Aborted once it is killed. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /** The dead look at nothing. */
  look(): void {
    this.signal.throwIfAborted();
  }

  /** One side effect. */
  act<T>(name: string, effect: () => T): T {
    this.look();
    this.effects.push(name);
    if (this.effects.length === this.#options.failAt) throw new Fault(`${name} fails`);
    const result = effect();
    if (this.effects.length === this.#options.killAfter) this.#end.abort(new Killed());
    this.look();
    return result;
  }
}
