/** How long a machine has been idle: nobody is connected to it or it to anybody, and its guest computes next to nothing. Pure. */

/** What is seen of a machine at one moment. */
export interface Pulse {
  /** Milliseconds from any origin. */
  readonly at: number;
  /** Processor time that its QEMU has used so far (milliseconds). */
  readonly cpu: number;
  /** TCP connections that are open, in either direction. */
  readonly flows: number;
}

export interface Idleness {
  readonly last: Pulse;
  /** Since when it has been idle; `last.at` when it is not. */
  readonly since: number;
}

/** An idle guest uses some hundredths of a processor, more of them under emulation. */
const BUSY = 0.1;

/** @param before null: it was not looked at yet */
export function follow(before: Idleness | null, now: Pulse): Idleness {
  const elapsed = now.at - (before?.last.at ?? now.at);
  const used = now.cpu - (before?.last.cpu ?? now.cpu);
  // A QEMU that has used less than before is another one.
  const idle = before !== null && now.flows === 0 && used >= 0 && used <= elapsed * BUSY;
  return { last: now, since: idle ? before.since : now.at };
}

/** Milliseconds until it has been idle for so long; 0: it has. */
export const remaining = ({ last, since }: Idleness, after: number): number => Math.max(0, since + after - last.at);
