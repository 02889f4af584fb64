import { endRuntime } from '../../host/logs.ts';
import { readState, writeState } from '../../host/files.ts';
import { isAlive, kill, waitForExit } from '../../host/processes.ts';
import { Agent } from '../../guest/agent.ts';
import type { Applied, MachinePaths, ProcessId } from '../../model/machine.ts';
import type { Step } from '../../model/plan.ts';
import { Qmp } from '../../qemu/qmp.ts';
import type { StepContext } from '../../reconcile/execute.ts';
import type { Context } from '../context.ts';
import type { Run } from './run.ts';

/** A guest under TCG takes some seconds to shut down. */
const GRACE = 30_000;
/** What QEMU has to flush and go after `quit`. */
const QUIT = 5000;

/** Asks by the power button and, when the guest listens, by its agent: whichever is heard first. */
async function askGuest(paths: MachinePaths, running: boolean): Promise<void> {
  const button = async (): Promise<void> => {
    const qmp = await Qmp.connect(paths.qmp.control);
    try {
      await qmp.execute('cont').catch(() => undefined);
      await qmp.execute('system_powerdown');
    } finally {
      qmp.close();
    }
  };
  const agent = async (): Promise<void> => {
    if (running) await new Agent(paths.agent).shutdown('powerdown');
  };
  await Promise.allSettled([button(), agent()]);
}

async function quit(paths: MachinePaths): Promise<void> {
  try {
    const qmp = await Qmp.connect(paths.qmp.control);
    await qmp.execute('quit').finally(() => qmp.close());
  } catch {
    // It may be gone already; the caller looks.
  }
}

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
  const { value: applied } = await readState<Applied>(paths.applied, (v): v is Applied => typeof v === 'object');
  if (applied) await writeState(paths.applied, { ...applied, stopped: true });
  if (seen?.process) await stopMachine(paths, seen.process, seen.state === 'running', run.grace ?? GRACE, at);
  await endRuntime(paths);
}
