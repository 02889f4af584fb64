/** `exec` again and again, as installed and by Node, against ssh with a connection that is shared: what is more is ours. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { byTurns, timed } from './measure.mjs';
import { VM } from './sandbox.mjs';
import { summary } from './stats.mjs';

/** @param {import('./sandbox.mjs').Sandbox} sandbox @param {number} runs */
export async function benchExec(sandbox, runs) {
  const config = join(sandbox.dir, 'ssh.conf');
  const { stdout } = await timed(sandbox.argv(['ssh-config']), sandbox.around);
  const host = /^Host (\S+)$/m.exec(stdout)?.[1];
  if (!host) throw new Error(`ssh-config names no host:\n${stdout}`);
  const own = `ControlMaster auto\n  ControlPath ${join(sandbox.dir, 'run', 'c')}\n  ControlPersist 30`;
  writeFileSync(config, stdout.replace('ControlPath none', own));
  const words = ['exec', VM, '--', 'true'];
  const ours = { argv: sandbox.installed(words), options: sandbox.around };
  const byNode = { argv: sandbox.argv(words), options: sandbox.around };
  // The program, as ours: without `exec` it is the guest's shell that does nothing, and starts none.
  const plain = { argv: ['ssh', '-F', config, host, 'exec true'] };
  const builtin = { argv: ['ssh', '-F', config, host, 'true'] };
  // The connections themselves are not measured: each is made once. Files that were just written count for nothing yet.
  await pause(4000);
  await timed(ours.argv, ours.options);
  await timed(plain.argv);
  const node = { argv: [process.execPath, '-e', '0'] };
  const samples = await byTurns({ ours, plain, builtin, byNode, node }, runs);
  await timed(['ssh', '-F', config, '-O', 'exit', host]);
  const took = (name) => `${Math.round(summary(samples[name].wall).median)} ms`;
  const row = (what, name, aim, note) => ({
    what,
    unit: 'ms',
    ours: summary(samples[name].wall),
    floor: summary(samples.plain.wall),
    floorName: 'ssh, shared',
    cpu: { ours: summary(samples[name].cpu), floor: summary(samples.plain.cpu) },
    ...{ aim, note },
  });
  const rows = [
    row(
      'ai-vm exec true, warm',
      'ours',
      { ratio: 1.2 },
      `ssh takes ${took('builtin')} where the shell runs its own true`,
    ),
    row('ai-vm exec true, by Node', 'byNode', null, `Node alone takes ${took('node')} to start`),
  ];
  return { rows, samples };
}
