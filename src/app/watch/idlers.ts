/** Machines that nobody uses, suspended after the time that their file says. */
import { printDuration } from '../../config/durations.ts';
import { cpuTimeOf } from '../../host/processes.ts';
import type { Observed } from '../../model/observed.ts';
import { requireDesired, type Context } from '../context.ts';
import { suspend } from '../suspend.ts';
import { follow, remaining, type Idleness } from './idle.ts';
import { known, type Teller } from './tell.ts';

export interface Idlers {
  /** Suspends those whose time has come. @returns milliseconds until the next one may be due; infinite: none ever is */
  readonly see: (context: Context, seen: readonly Observed[]) => Promise<number>;
}

/** @param now milliseconds from any origin */
export function makeIdlers(teller: Teller, now: () => number): Idlers {
  const idle = new Map<string, Idleness>();
  return {
    async see(context, seen) {
      const limits = new Map(requireDesired(context).vms.map((vm) => [vm.name, vm.suspendAfter]));
      let next = Number.POSITIVE_INFINITY;
      for (const { vm, state, process, sightings } of seen) {
        const limit = limits.get(vm) ?? null;
        const cpu = process && state === 'running' ? await cpuTimeOf(process.pid) : null;
        if (limit === null || cpu === null || sightings.flows === null) {
          idle.delete(vm);
          continue;
        }
        const idleness = follow(idle.get(vm) ?? null, { at: now(), cpu, flows: sightings.flows });
        idle.set(vm, idleness);
        const left = remaining(idleness, limit);
        if (left > 0) {
          next = Math.min(next, left);
          continue;
        }
        // Whatever comes of it, the next try is one whole time away.
        idle.delete(vm);
        teller.tell({ kind: 'note', vm, message: `has been idle for ${printDuration(limit)}, and is suspended` });
        try {
          await suspend(context, [vm]);
        } catch (error) {
          if (context.signal.aborted) return next;
          const message = 'it could not be suspended, and runs on';
          teller.once(`suspend ${vm}`, { kind: 'failed', vm, message, error: known(error) });
        }
      }
      return next;
    },
  };
}
