/** The events of one QMP connection: kept, so that whoever asks late misses nothing. */
import { AiVmError } from '../model/errors.ts';
import { within } from '../host/deadline.ts';
import type { Limits } from '../host/deadline.ts';

export interface QmpEvent {
  /** Such as `DEVICE_DELETED`. */
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface WaitOptions extends Limits {
  /** Only events from this {@link EventLog.mark} on count; default: all since the connection was made. */
  readonly since?: number;
}

interface Waiter {
  readonly predicate: (event: QmpEvent) => boolean;
  readonly resolve: (event: QmpEvent) => void;
  readonly reject: (error: Error) => void;
}

/** How many past events are kept. Those that are waited for are seen as they arrive, however many come between. */
const KEPT = 4096;

export class EventLog {
  #kept: QmpEvent[] = [];
  /** Number of the first kept event. */
  #first = 0;
  #waiters = new Set<Waiter>();
  #end: Error | null = null;

  /** The number that the next event will have: what arrived before is older than this mark. */
  mark(): number {
    return this.#first + this.#kept.length;
  }

  push(event: QmpEvent): void {
    this.#kept.push(event);
    if (this.#kept.length > 2 * KEPT) {
      this.#first += KEPT;
      this.#kept = this.#kept.slice(KEPT);
    }
    for (const waiter of [...this.#waiters]) this.#offer(waiter, event);
  }

  /** No more events will come: everyone who waits is told why. */
  end(error: Error): void {
    if (this.#end !== null) return;
    this.#end = error;
    for (const waiter of this.#waiters) waiter.reject(error);
    this.#waiters.clear();
  }

  /**
   * The first event since `since` that fits, be it past or to come.
   * Rejects with `qmp.timeout` after `timeout` milliseconds (none: waits as long as the connection lasts), with the
   * signal's reason, with what the predicate throws, or with what ended the connection.
   */
  wait(predicate: (event: QmpEvent) => boolean, options: WaitOptions = {}): Promise<QmpEvent> {
    const { since = 0, timeout, signal } = options;
    let waiter: Waiter | undefined;
    const found = new Promise<QmpEvent>((resolve, reject) => {
      const past = this.#kept.slice(Math.max(0, since - this.#first)).find(predicate);
      if (past !== undefined) {
        resolve(past);
        return;
      }
      if (this.#end !== null) {
        reject(this.#end);
        return;
      }
      waiter = { predicate, resolve, reject };
      this.#waiters.add(waiter);
    });
    return within(
      found,
      { timeout, signal },
      () => new AiVmError('qmp.timeout', `the event that was waited for did not come within ${timeout ?? 0} ms`),
      () => waiter !== undefined && this.#waiters.delete(waiter),
    );
  }

  /**
   * All events from `since` on (default: all that are kept), as they come; ends with the connection (an error of its own ends it likewise: ask the
   * connection why). Whoever is so slow that kept events are dropped gets `qmp.failed`.
   */
  async *subscribe(options: { since?: number; signal?: AbortSignal } = {}): AsyncGenerator<QmpEvent, void, void> {
    let next = options.since ?? this.#first;
    for (;;) {
      for (; next < this.mark(); next += 1) {
        const event = this.#kept[next - this.#first];
        if (event === undefined) throw new AiVmError('qmp.failed', 'QEMU sent events faster than they were read');
        yield event;
      }
      if (this.#end !== null) return;
      await this.wait(() => true, { since: next, signal: options.signal }).catch((error: unknown) => {
        if (error !== this.#end) throw error;
      });
    }
  }

  #offer(waiter: Waiter, event: QmpEvent): void {
    try {
      if (!waiter.predicate(event)) return;
      waiter.resolve(event);
    } catch (error) {
      waiter.reject(error instanceof Error ? error : new Error(String(error)));
    }
    this.#waiters.delete(waiter);
  }
}
