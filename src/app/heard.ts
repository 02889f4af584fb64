/** An environment that knows which of its variables somebody has asked for. */

export type Env = Readonly<Record<string, string | undefined>>;

export interface Heard {
  /** Answers as the one that it was made of. */
  readonly env: Env;
  /** Names that were asked for so far, whether they are set or not. */
  readonly names: () => readonly string[];
}

/** Who lists all variables asks for each of them. */
export function hearing(env: Env): Heard {
  const names = new Set<string>();
  const hear = (name: string | symbol): void => {
    if (typeof name === 'string') names.add(name);
  };
  // Not of a copy: a root that becomes somebody else changes its own.
  const heard = new Proxy<Env>(env, {
    get: (target, name) => (hear(name), Reflect.get(target, name) as unknown),
    has: (target, name) => (hear(name), Reflect.has(target, name)),
    getOwnPropertyDescriptor: (target, name) => (hear(name), Reflect.getOwnPropertyDescriptor(target, name)),
  });
  return { env: heard, names: () => [...names] };
}
