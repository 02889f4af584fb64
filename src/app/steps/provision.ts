import { execa } from 'execa';
import { writeState } from '../../host/files.ts';
import { lastOf } from '../../host/last-of.ts';
import { appendLog, LOG_WINDOW } from '../../host/logs.ts';
import { sanitise } from '../../host/untrusted.ts';
import { AiVmError } from '../../model/errors.ts';
import type { Step } from '../../model/plan.ts';
import type { StepContext } from '../../reconcile/execute.ts';
import type { Context } from '../context.ts';
import { takeGreeting } from '../greeted.ts';
import { logTail } from '../logs.ts';
import { commandDigest } from '../provision.ts';
import { login, sessionArgv } from '../ssh.ts';
import { configOf, type Run } from './run.ts';

/** Runs what has not run yet, in order, as the first user; each command that succeeds is remembered at once. Of a flood the end is kept. */
export async function provisionStep(context: Context, run: Run, step: Step, at: StepContext): Promise<void> {
  if (!run.wait) return;
  const { vm } = step;
  const paths = context.project.machine(vm);
  const commands = configOf(run, vm).provision;
  for (const [index, command] of commands.entries()) {
    const target = await login(context, vm);
    const done = target.applied.provisioned;
    if (done.includes(commandDigest(command))) continue;
    at.progress(`${index + 1}/${commands.length}: ${command.split('\n')[0]!.slice(0, 60)}`);
    // It may boot the guest anew.
    await takeGreeting(paths);
    const argv = sessionArgv(context, target, { vm, command: ['sh', '-c', command], user: null }, false);
    const child = execa('ssh', argv, {
      stdin: 'ignore',
      all: true,
      buffer: false,
      reject: false,
      cancelSignal: at.signal,
    });
    const [result, output] = await Promise.all([child, lastOf(child.all, Number(LOG_WINDOW))]);
    const left = output.dropped > 0 ? `[${output.dropped} bytes left out]\n` : '';
    const end = `\n[exit ${result.exitCode ?? 'none'}]\n`;
    const entry = Buffer.concat([Buffer.from(`$ ${command}\n${left}`), output.bytes, Buffer.from(end)]);
    await appendLog(paths.provisionLog, entry);
    if (result.isCanceled || result.exitCode !== 0) {
      throw new AiVmError(
        'guest.provision',
        `a provision command failed in ${vm}: ${sanitise(command.split('\n')[0]!)}`,
        {
          vm,
          why: `exit code ${result.exitCode ?? 'none'}; the end of its output:\n${await logTail(paths, 'provision', 12)}`,
          fix: `ai-vm logs ${vm} --provision shows all of it. The machine runs; the next ai-vm up tries again from this command on.`,
        },
      );
    }
    await writeState(paths.applied, { ...target.applied, provisioned: [...done, commandDigest(command)] });
  }
}
