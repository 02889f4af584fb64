import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadState } from '../../../src/qemu/migration.ts';
import type { Qmp } from '../../../src/qemu/qmp.ts';

let dir: string;
let server: Server;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ai-vm-migration-'));
});
afterEach(async () => {
  server.close();
  await rm(dir, { recursive: true });
});

/** A QEMU that hangs up before it was given all of it, and then is in this state. */
const hangsUp = (socket: string, status: () => unknown): Qmp => {
  server = createServer((peer) => peer.once('data', () => peer.destroy()));
  const execute = (command: string): Promise<unknown> =>
    command === 'migrate-incoming'
      ? new Promise((resolve) => server.listen(socket, () => resolve({})))
      : Promise.resolve().then(status);
  return { execute } as unknown as Qmp;
};

describe('loadState', () => {
  it('goes by what QEMU says, and not by when it hangs up', async () => {
    const [file, socket] = [join(dir, 'state'), join(dir, 'sock')];
    await writeFile(file, Buffer.alloc(8 * 1024 * 1024));
    await loadState(
      hangsUp(socket, () => ({ status: 'paused' })),
      file,
      socket,
    );
  });

  it('fails where QEMU has ended', async () => {
    const [file, socket] = [join(dir, 'state'), join(dir, 'sock')];
    await writeFile(file, Buffer.alloc(8 * 1024 * 1024));
    const ended = (): never => {
      throw new Error('it ended');
    };
    await expect(loadState(hangsUp(socket, ended), file, socket)).rejects.toThrow('it ended');
  });
});
