/** `exec` again and again, against ssh with a connection that is shared: what is more is ours. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
  const ours = { argv: sandbox.argv(['exec', VM, '--', 'true']), options: sandbox.around };
  const plain = { argv: ['ssh', '-F', config, host, 'true'] };
  // The connections themselves are not measured: each is made once.
  await timed(ours.argv, ours.options);
  await timed(plain.argv);
  const samples = await byTurns({ ours, plain, node: { argv: [process.execPath, '-e', '0'] } }, runs);
  await timed(['ssh', '-F', config, '-O', 'exit', host]);
  const row = {
    what: 'ai-vm exec true, warm',
    unit: 'ms',
    ours: summary(samples.ours.wall),
    floor: summary(samples.plain.wall),
    floorName: 'ssh, shared',
    cpu: { ours: summary(samples.ours.cpu), floor: summary(samples.plain.cpu) },
    aim: { ratio: 1.2 },
    note: `Node alone takes ${Math.round(summary(samples.node.wall).median)} ms to start`,
  };
  return { rows: [row], samples };
}
