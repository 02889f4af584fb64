import { removeTree } from '../../host/directories.ts';
import { endRuntime } from '../../host/logs.ts';
import { isAlive, kill, waitForExit } from '../../host/processes.ts';
import { Agent } from '../../guest/agent.ts';
import type { MachinePaths, ProcessId } from '../../model/machine.ts';
import type { Step } from '../../model/plan.ts';
import type { StepContext } from '../../reconcile/execute.ts';
import { reviseApplied } from '../applied.ts';
import type { Context } from '../context.ts';
import { withControl } from '../control.ts';
import type { Run } from './run.ts';

/** A guest under TCG takes some seconds to shut down. */
const GRACE = 30_000;
/** What QEMU has to flush and go after `quit`. */
const QUIT = 5000;

/** Asks by the power button and, when the guest listens, by its agent: whichever is heard first. */
async function askGuest(paths: MachinePaths, running: boolean): Promise<void> {
  const button = (): Promise<unknown> =>
    withControl(paths, async (qmp) => {
      await qmp.execute('cont').catch(() => undefined);
      await qmp.execute('system_powerdown');
    });
  const agent = async (): Promise<void> => {
    if (running) await new Agent(paths.agent).shutdown('powerdown');
  };
  await Promise.allSettled([button(), agent()]);
}

/** It may be gone already; the caller looks. */
const quit = (paths: MachinePaths): Promise<unknown> =>
  withControl(paths, (qmp) => qmp.execute('quit')).catch(() => undefined);

/** Guest, then QMP, then SIGTERM, then SIGKILL: QEMU is gone when this returns. */
async function stopMachine(
  paths: MachinePaths,
  process: ProcessId,
  running: boolean,
  grace: number,
  at: StepContext,
): Promise<void> {
  if (grace > 0) {
    at.progress('shutting down');
    await askGuest(paths, running);
    await waitForExit(process, grace, at.signal);
  }
  if (await isAlive(process)) {
    at.progress('the guest did not shut down: telling QEMU to quit');
    await quit(paths);
    await waitForExit(process, QUIT);
  }
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (!(await isAlive(process))) break;
    await kill(process, signal);
    await waitForExit(process, QUIT);
  }
}

export async function stopStep(context: Context, run: Run, step: Step, at: StepContext): Promise<void> {
  const paths = context.project.machine(step.vm);
  const seen = run.observed.get(step.vm);
  // Said before: should we be killed in the middle, nothing may take the machine for one that died.
  await reviseApplied(paths, (applied) => ({ ...applied, stopped: true }));
  // It goes on to shut down, and what was saved of it makes no sense any more.
  if (seen?.process && !seen.halfRestored) await removeTree(paths.suspended);
  // A guest whose memory is half there can be asked nothing.
  const grace = seen?.halfRestored ? 0 : (run.grace ?? GRACE);
  if (seen?.process && run.cut === true) {
    await kill(seen.process, 'SIGKILL');
    await waitForExit(seen.process, QUIT);
  } else if (seen?.process) await stopMachine(paths, seen.process, seen.state === 'running', grace, at);
  await endRuntime(paths);
}
