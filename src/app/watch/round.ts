/** Rounds of a watch: each looks at the file and at the machines, and makes these what it says, within what a watch may do. */
import { isAlive } from '../../host/processes.ts';
import type { AiVmError } from '../../model/errors.ts';
import type { ProcessId } from '../../model/machine.ts';
import type { Observed } from '../../model/observed.ts';
import type { Reason, Round, WatchedProject } from '../../model/watch.ts';
import { requireDesired, type Context } from '../context.ts';
import { hiddenAsk } from '../hiding.ts';
import { stop } from '../stop.ts';
import { up, type UpResult } from '../up.ts';
import { judge, NOTHING, remember, tried, type Memory, type Verdict } from './heal.ts';
import { withValues } from '../network/secrets.ts';
import { holdBack } from './hold.ts';
import { makeIdlers } from './idlers.ts';
import { look, type Sight } from './look.ts';
import { makeRefusals } from './refusals.ts';
import { pathsOf, type Source } from './source.ts';
import { keyOf, known, type Teller } from './tell.ts';

export interface WatchOptions {
  /** Restarts that changes need are made at once, and wait for nobody. */
  readonly restart: boolean;
}

/** What other commands have started and stopped is seen at the latest after so long (milliseconds). */
const AGAIN = 15_000;
/** A machine is stopped when it has been out of the file for so long (milliseconds): half a file may be a sound one. */
const LEAVE = 2000;

/** @param now milliseconds from any origin */
export function watchProject(
  source: Source,
  teller: Teller,
  { restart }: WatchOptions,
  now: () => number,
): WatchedProject {
  const memories = new Map<string, Memory>();
  const idlers = makeIdlers(teller, now);
  const refusals = makeRefusals(teller, now);
  const leaving = new Map<string, number>();
  /** Machines that the file has declared at some time of this watch. */
  const ours = new Set<string>();
  let declared: ReadonlySet<string> | null = null;
  let processes: readonly ProcessId[] = [];
  /** The last sound file, which goes on counting while there is no other. */
  let sound: Context | null = null;
  let broken: AiVmError | null = null;
  /** Something could not be done: without a reason to think otherwise it is not tried again. */
  let stuck = false;

  const memoryOf = (vm: string): Memory => memories.get(vm) ?? NOTHING;
  const failed = (error: AiVmError): void => {
    teller.once(`failed ${keyOf(error)}`, { kind: 'failed', message: 'it could not be done', error });
  };

  /** Takes the file as it is now. @returns what counts; null when nothing does yet */
  const load = async (): Promise<Context | null> => {
    const loaded = await source.load();
    if ('problem' in loaded) {
      const { problem } = loaded;
      const message = 'the file does not count as it is: machines stay as they are';
      teller.once(`broken ${keyOf(problem)}`, { kind: 'broken', message, error: problem });
      broken = problem;
      return sound;
    }
    if (broken) teller.tell({ kind: 'mended', message: 'the file counts again' });
    broken = null;
    sound = loaded.context;
    const names = new Set(requireDesired(sound).vms.map((vm) => vm.name));
    if (declared)
      for (const vm of names)
        if (!declared.has(vm)) memories.set(vm, { ...memoryOf(vm), entered: true, failed: false });
    for (const vm of names) ours.add(vm);
    declared = names;
    return sound;
  };

  /** Stops what has been out of the file for long enough. @returns milliseconds until the next one is due */
  const stopLeft = async (context: Context, sight: Sight): Promise<number> => {
    const out = sight.orphans.filter(({ vm }) => ours.has(vm)).map(({ vm }) => vm);
    for (const vm of [...leaving.keys()]) if (!out.includes(vm)) leaving.delete(vm);
    for (const vm of out) if (!leaving.has(vm)) leaving.set(vm, now());
    const due = out.filter((vm) => now() - (leaving.get(vm) ?? now()) >= LEAVE);
    for (const { vm } of sight.orphans)
      if (!ours.has(vm))
        teller.once(`orphan ${vm}`, {
          kind: 'note',
          vm,
          message: `is not in the file, and runs: ai-vm down ${vm} stops it`,
        });
    if (due.length > 0) {
      for (const vm of due) teller.tell({ kind: 'note', vm, message: 'has left the file; its disk stays' });
      await stop(context, { vms: due, grace: null }).catch((error: unknown) => {
        failed(known(error));
      });
    }
    return due.length < out.length ? LEAVE : AGAIN;
  };

  /** What the file asks and was not allowed is taken out of it. */
  const heldBack = (context: Context, sight: Sight): Context => {
    const { desired, asks, left } = holdBack({ desired: requireDesired(context), ...sight });
    for (const ask of asks.map(hiddenAsk(context))) {
      const message = `wants to ${ask.text}: not allowed, and held back; ai-vm approve shows it`;
      teller.once(`held ${ask.digest}`, { kind: 'held', vm: ask.vm, message });
    }
    for (const vm of left)
      teller.once(`left ${vm}`, { kind: 'held', vm, message: 'is left alone until that is allowed' });
    const vms = desired.vms.map((vm) => {
      const gateway = sight.seen.find((seen) => seen.vm === vm.name)?.sightings.gateway;
      return withValues(context, vm, gateway, (problem) => {
        const message = `goes without the secret ${problem}, where this watch was started: ai-vm up where it is set`;
        teller.once(`secret ${vm.name} ${problem}`, { kind: 'held', vm: vm.name, message });
      });
    });
    return { ...context, project: { ...context.project, desired: { ...desired, vms } } };
  };

  const judgeOne = (context: Context, sight: Sight, { vm, state, suspended }: Observed): Verdict => {
    const policy = requireDesired(context).vms.find(({ name }) => name === vm)?.restart ?? 'no';
    return judge({ state, suspended, endedCleanly: sight.endedCleanly.has(vm) }, policy, memoryOf(vm), now());
  };

  const tellVerdict = (vm: string, verdict: Verdict): void => {
    if (verdict.do === 'wait') {
      const message = `has ended by itself again, and is started in ${Math.ceil(verdict.ms / 1000)} s`;
      teller.once(`wait ${vm} ${memoryOf(vm).tries}`, { kind: 'waits', vm, message });
    } else if (verdict.do === 'leave' && verdict.why !== null) {
      teller.once(`leave ${vm} ${verdict.why}`, {
        kind: 'note',
        vm,
        message: `stays down, ${verdict.why}: ai-vm up ${vm}`,
      });
    }
  };

  const tellDone = (result: UpResult, ms: number, asked: boolean): void => {
    if (result.plan.steps.length > 0 && result.ok)
      teller.tell({ kind: 'did', message: `done in ${(ms / 1000).toFixed(1)} s` });
    else if (!result.ok)
      teller.tell({ kind: 'failed', message: 'not all of it could be done; it is tried again when a file changes' });
    else if (asked) teller.tell({ kind: 'did', message: 'nothing to do now' });
  };

  /** @param healing only what died is started again */
  const act = async (context: Context, sight: Sight, reasons: readonly Reason[], healing: boolean): Promise<void> => {
    const held = heldBack(context, sight);
    const { vms } = requireDesired(held);
    if (vms.length === 0) return;
    const died = ({ vm, state }: Observed): boolean => state === 'dead' || memoryOf(vm).failed;
    const leave = (seen: Observed): boolean => (healing && !died(seen)) || judgeOne(held, sight, seen).do !== 'run';
    const starts = new Set(sight.seen.filter((o) => o.process === null && !leave(o)).map(({ vm }) => vm));
    const begun = performance.now();
    let ok = false;
    try {
      const asked = restart || reasons.some(({ kind }) => kind === 'restart');
      const result = await up(held, { vms: [], restart: asked, leave, letBoot: true });
      if (context.signal.aborted) return;
      ok = result.ok;
      const wanted = !healing && reasons.some(({ kind }) => kind === 'files' || kind === 'restart');
      tellDone(result, performance.now() - begun, wanted);
    } catch (error) {
      if (context.signal.aborted) return;
      failed(known(error));
    }
    if (!healing) stuck = !ok;
    const unlucky = teller.failures();
    for (const vm of starts) memories.set(vm, tried(memoryOf(vm), ok || (unlucky.size > 0 && !unlucky.has(vm)), now()));
  };

  const round = async (reasons: readonly Reason[]): Promise<number> => {
    const asked = reasons.some(({ kind }) => kind !== 'again');
    const context = await load();
    if (!context) return AGAIN;
    const before = await look(context);
    for (const { vm, state } of before.seen) memories.set(vm, remember(memoryOf(vm), state, now()));
    const again = broken ? AGAIN : await stopLeft(context, before);
    await act(context, before, reasons, broken !== null || (stuck && !asked));
    if (context.signal.aborted) return again;
    const after = await look(context);
    processes = after.seen.flatMap((o) => o.process ?? []);
    const verdicts = after.seen.map((o) => [o, judgeOne(context, after, o)] as const);
    for (const [o, verdict] of verdicts) tellVerdict(o.vm, verdict);
    await refusals.see(context, after.seen);
    const idle = broken ? AGAIN : await idlers.see(context, after.seen);
    return Math.min(again, idle, ...verdicts.flatMap(([, verdict]) => (verdict.do === 'wait' ? [verdict.ms] : [])));
  };

  return {
    paths: pathsOf(source, null, null),
    async round(reasons): Promise<Round> {
      teller.begin();
      tellSeen(reasons, teller);
      let again = AGAIN;
      try {
        again = await round(reasons);
      } catch (error) {
        if (!source.signal.aborted) failed(known(error));
      }
      return { paths: pathsOf(source, sound, broken), again };
    },
    async hasDied() {
      const alive = await Promise.all(processes.map(isAlive));
      if (!alive.includes(false)) return false;
      processes = processes.filter((_, index) => alive[index]);
      return true;
    },
  };
}

const WHAT = { changed: 'has changed', appeared: 'is there', removed: 'is gone' } as const;

function tellSeen(reasons: readonly Reason[], { tell }: Teller): void {
  const last = new Map(reasons.flatMap((r) => (r.kind === 'files' ? r.changes : [])).map((c) => [c.path, c.what]));
  for (const [path, what] of last) tell({ kind: 'saw', message: `${path} ${WHAT[what]}` });
  if (reasons.some(({ kind }) => kind === 'restart')) tell({ kind: 'saw', message: 'restarts are wanted' });
}
