import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from '../../guest/agent.ts';
import { sanitise } from '../../host/untrusted.ts';
import { AiVmError, messageOf } from '../../model/errors.ts';
import type { Step } from '../../model/plan.ts';
import type { StepContext } from '../../reconcile/execute.ts';
import type { Context } from '../context.ts';
import { configOf, type Run } from './run.ts';

/** Runs the healthcheck until it succeeds; failures within `start_period` do not count. */
export async function healthStep(context: Context, run: Run, step: Step, at: StepContext): Promise<void> {
  if (!run.wait) return;
  const { vm } = step;
  const check = configOf(run, vm).healthcheck;
  if (!check) return;
  const agent = new Agent(context.project.machine(vm).agent);
  const begin = performance.now();
  let failures = 0;
  for (;;) {
    at.progress(failures === 0 ? 'checking' : `failed ${failures} of ${check.retries}`);
    const options = { timeout: check.timeout, signal: at.signal };
    const result = await agent.exec(['/bin/sh', '-c', check.test], options).catch((error: unknown) => {
      if (at.signal.aborted) throw error;
      return {
        code: null,
        stdout: Buffer.alloc(0),
        stderr: Buffer.from(messageOf(error)),
      };
    });
    if (result.code === 0) return;
    if (performance.now() - begin >= check.startPeriod) failures += 1;
    if (failures >= check.retries) {
      const output = sanitise(Buffer.concat([result.stdout, result.stderr]).toString('utf8'))
        .trim()
        .slice(-2000);
      throw new AiVmError('guest.unhealthy', `${vm} is not healthy: ${sanitise(check.test)}`, {
        vm,
        why: `failed ${failures} times, the last time with exit code ${result.code ?? 'none'}${output ? `:\n${output}` : ''}`,
        fix: `The machine runs: ai-vm ssh ${vm} to look.`,
      });
    }
    await sleep(check.interval, undefined, { signal: at.signal });
  }
}
