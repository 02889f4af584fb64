/** `wait`: until machines are what somebody waits for. Looks only, and takes no lock. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from '../guest/agent.ts';
import { waitForSshBanner } from '../guest/readiness.ts';
import { startDeadline } from '../host/deadline.ts';
import { waitForExit } from '../host/processes.ts';
import type { HealthcheckConfig } from '../model/desired.ts';
import { AiVmError } from '../model/errors.ts';
import type { MachinePaths } from '../model/machine.ts';
import type { Observed } from '../model/observed.ts';
import { formatDuration } from '../model/units.ts';
import { observe } from '../reconcile/observe.ts';
import type { Context } from './context.ts';
import { chooseAny } from './select.ts';

/** `ready`: it can be logged in to. `healthy`: its healthcheck succeeds too. `stopped`: its QEMU is gone. */
export const CONDITIONS = ['ready', 'healthy', 'stopped'] as const;
export type Condition = (typeof CONDITIONS)[number];

/** How often we look (milliseconds). */
const LOOK = 250;
/** A server that takes longer to greet is asked again, after a look at its machine (milliseconds). */
const GREETING = 5000;

export interface WaitOptions {
  readonly vms: readonly string[];
  readonly until: Condition;
  /** Milliseconds; null: as long as it takes. */
  readonly timeout: number | null;
}

/**
 * Returns the machines when all are so.
 * @throws AiVmError wait.timeout; usage for a machine without a healthcheck that is to be healthy
 */
export async function waitFor(context: Context, { vms, until, timeout }: WaitOptions): Promise<string[]> {
  const names = await chooseAny(context, vms);
  const waiting = new Set(names);
  const late = (): AiVmError =>
    new AiVmError('wait.timeout', `${[...waiting].join(', ')}: not ${until} within ${formatDuration(timeout ?? 0)}`, {
      fix: 'ai-vm ps shows what they are now; --timeout gives them longer.',
    });
  const deadline = timeout === null ? null : startDeadline(timeout, context.signal, late);
  const signal = deadline?.signal ?? context.signal;
  try {
    await Promise.all(
      names.map(async (vm) => {
        await waitForOne(context, vm, until, signal);
        waiting.delete(vm);
      }),
    );
    return names;
  } catch (error) {
    // Whatever was under way fails in its own words when the time is over.
    throw deadline?.signal.aborted && !context.signal.aborted ? late() : error;
  } finally {
    deadline?.clear();
  }
}

async function waitForOne(context: Context, vm: string, until: Condition, signal: AbortSignal): Promise<void> {
  const paths = context.project.machine(vm);
  for (;;) {
    const seen = await observe(vm, paths);
    if (until === 'stopped') {
      if (!seen.process) return;
      if (await waitForExit(seen.process, LOOK, signal)) continue;
    } else if (await isReady(seen, signal)) {
      if (until === 'ready') return;
      if (await isHealthy(checkOf(context, seen), paths, signal)) return;
    }
    await sleep(LOOK, undefined, { signal });
  }
}

async function isReady({ state, applied, sightings }: Observed, signal: AbortSignal): Promise<boolean> {
  const port = sightings.sshPort ?? applied?.sshPort;
  if (state !== 'running' || port == null || applied?.grown === false) return false;
  return waitForSshBanner(port, { signal, timeout: GREETING }).then(
    () => true,
    () => false,
  );
}

function checkOf(context: Context, { vm, applied }: Observed): HealthcheckConfig {
  const config = applied?.config ?? context.project.desired?.vms.find(({ name }) => name === vm);
  if (config?.healthcheck) return config.healthcheck;
  throw new AiVmError('usage', `${vm} has no healthcheck`, {
    vm,
    fix: 'Declare `healthcheck` in the file, or wait --for ready.',
  });
}

async function isHealthy(check: HealthcheckConfig, { agent }: MachinePaths, signal: AbortSignal): Promise<boolean> {
  const options = { timeout: check.timeout, signal };
  const result = await new Agent(agent).exec(['/bin/sh', '-c', check.test], options).catch(() => null);
  return result?.code === 0;
}
