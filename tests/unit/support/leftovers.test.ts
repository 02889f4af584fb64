import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { leftovers } from '../../support/leftovers.ts';

let dir: string;
beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'ai-vm-left-')));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

async function listen(server: Server, where: string | number): Promise<number> {
  if (typeof where === 'string') server.listen(where);
  else server.listen(where, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function close(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}

describe('leftovers', () => {
  it('finds nothing where nothing is', () => {
    expect(leftovers({ dirs: [dir], ports: [1], empty: [dir, join(dir, 'none')] })).toEqual([]);
  });

  it.each([
    ['an argument', (): [string[], string] => [['-c', 'read line', `path=${dir}/disk.qcow2,if=none`], '/']],
    ['its working directory', (): [string[], string] => [['-c', 'read line'], dir]],
    ['an open file', (): [string[], string] => [['-c', 'exec 5<"$(printf %s%s "$A" "$B")"; echo; read line'], '/']],
  ])('finds a process by %s', async (_, make) => {
    const [args, cwd] = make();
    // The path is handed over in two halves, so that it is not found in the arguments.
    const env = { PATH: process.env['PATH'], A: dir.slice(0, 5), B: dir.slice(5) };
    const child = spawn('sh', args, { cwd, env, stdio: ['pipe', 'pipe', 'ignore'] });
    if (args[1]?.startsWith('exec') === true) await once(child.stdout, 'data');
    else await once(child, 'spawn');
    expect(leftovers({ dirs: [dir] })).toEqual([
      expect.stringMatching(new RegExp(`^process ${child.pid ?? 0}: `, 'u')),
    ]);
    child.stdin.end();
    await once(child, 'close');
    expect(leftovers({ dirs: [dir] })).toEqual([]);
  });

  it('does not take a longer name for ours', async () => {
    const child = spawn('sh', ['-c', 'read line', `${dir}-other/disk`], { stdio: ['pipe', 'ignore', 'ignore'] });
    await once(child, 'spawn');
    expect(leftovers({ dirs: [dir] })).toEqual([]);
    child.stdin.end();
    await once(child, 'close');
  });

  it('finds sockets, also of this very process', async () => {
    const server = createServer();
    await listen(server, join(dir, 'qmp.sock'));
    expect(leftovers({ dirs: [dir] })).toEqual([`socket ${join(dir, 'qmp.sock')}`]);
    await close(server);
  });

  it('finds listening ports, TCP and UDP', async () => {
    const server = createServer();
    const tcp = await listen(server, 0);
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const udp = socket.address().port;
    expect(leftovers({ dirs: [dir], ports: [tcp, udp] })).toEqual([`port ${tcp}`, `port ${udp}`]);
    await close(server);
    socket.close();
    await once(socket, 'close');
    expect(leftovers({ dirs: [dir], ports: [tcp, udp] })).toEqual([]);
  });

  it('finds files in what should be empty', () => {
    mkdirSync(join(dir, 'run'));
    writeFileSync(join(dir, 'run', 'qemu.pid'), '1');
    expect(leftovers({ dirs: [dir], empty: [join(dir, 'run')] })).toEqual([`file ${join(dir, 'run', 'qemu.pid')}`]);
  });
});
