/** Which machines a watch runs and which it leaves alone, and when one that died is started again. Pure. */
import type { RestartPolicy } from '../../model/desired.ts';
import type { MachineState } from '../../model/plan.ts';

/** What a watch remembers of a machine. Times are milliseconds from any origin. */
export interface Memory {
  /** Starts since it last ran for long. */
  readonly tries: number;
  readonly triedAt: number;
  /** Since when it has been seen running; null: it was not. */
  readonly upSince: number | null;
  /** It was not in the file before, so that it is to run even if it was stopped once. */
  readonly entered: boolean;
  /** It was stopped by a start of ours that failed, not by anybody who meant it. */
  readonly failed: boolean;
}

export const NOTHING: Memory = { tries: 0, triedAt: 0, upSince: null, entered: false, failed: false };

export interface Seen {
  readonly state: MachineState;
  /** QEMU went as it does when the guest shuts down; not when it crashes or is killed. */
  readonly endedCleanly: boolean;
  /** Its memory is on disk. */
  readonly suspended: boolean;
}

export type Verdict =
  | { readonly do: 'run' }
  /** `ms` until it is started again. */
  | { readonly do: 'wait'; readonly ms: number }
  /** `why` is for people; null: that is as it should be. */
  | { readonly do: 'leave'; readonly why: string | null };

const FIRST = 1000;
const LONGEST = 5 * 60_000;
/** Who has run for so long did not die of how it was started. */
const SOUND = 60_000;

/** How long after the last try the next one comes: at once, then 1 s, 2 s, 4 s, up to 5 min. */
export const backOff = (tries: number): number => (tries === 0 ? 0 : Math.min(LONGEST, FIRST * 2 ** (tries - 1)));

const RUN: Verdict = { do: 'run' };

export function judge(seen: Seen, policy: RestartPolicy, memory: Memory, now: number): Verdict {
  const later = (): Verdict => {
    const ms = memory.triedAt + backOff(memory.tries) - now;
    return memory.tries === 0 || ms <= 0 ? RUN : { do: 'wait', ms };
  };
  switch (seen.state) {
    case 'absent':
      return memory.failed ? (policy === 'no' ? { do: 'leave', why: null } : later()) : RUN;
    case 'stopped':
      if (memory.failed && policy !== 'no') return later();
      if (memory.entered && !memory.failed) return RUN;
      if (seen.suspended) return { do: 'leave', why: null };
      return { do: 'leave', why: memory.failed ? null : 'it was stopped on purpose' };
    case 'dead':
      if (policy === 'no') return { do: 'leave', why: 'it has ended by itself, and its file says `restart: no`' };
      if (policy === 'on-failure' && seen.endedCleanly)
        return { do: 'leave', why: 'its guest has shut down, and its file says `restart: on-failure`' };
      return later();
    case 'starting':
    case 'running':
    case 'paused':
    case 'unknown':
      return RUN;
  }
}

/** After a look. */
export function remember(memory: Memory, state: MachineState, now: number): Memory {
  const up = state === 'running' || state === 'starting';
  if (!up) return { ...memory, upSince: null };
  const upSince = memory.upSince ?? now;
  const sound = now - upSince >= SOUND;
  return { ...memory, upSince, entered: false, failed: false, ...(sound ? { tries: 0 } : {}) };
}

/** After a start. */
export const tried = (memory: Memory, ok: boolean, now: number): Memory => ({
  ...memory,
  ...{ tries: memory.tries + 1, triedAt: now, failed: !ok },
});
