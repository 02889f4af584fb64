/** QEMU's migration stream, to and from a file, without RAM: see memory-image.ts. */
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { lchown, rm } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { pipeline } from 'node:stream/promises';
import type { RunAs } from '../model/capabilities.ts';
import { AiVmError } from '../model/errors.ts';
import { isObject } from './qmp-wire.ts';
import type { Qmp } from './qmp.ts';

/** A device state of half a megabyte takes milliseconds. */
const PATIENCE = 30_000;
const LOOK = 3;

const HUNG_UP = new Set(['ERR_STREAM_PREMATURE_CLOSE', 'EPIPE', 'ECONNRESET']);

/** RAM is left out of the stream: the memory itself is handed over. */
export async function withoutRam(qmp: Qmp): Promise<void> {
  await qmp.execute('migrate-set-capabilities', { capabilities: [{ capability: 'x-ignore-shared', state: true }] });
}

const failed = (what: string, why: string): AiVmError => new AiVmError('qmp.failed', what, { why });

async function statusOf(qmp: Qmp): Promise<{ status: string; why: string }> {
  const reply = await qmp.execute('query-migrate');
  const [status, why] = isObject(reply) ? [reply['status'], reply['error-desc']] : [];
  return { status: typeof status === 'string' ? status : '', why: typeof why === 'string' ? why : '' };
}

/**
 * Writes the state of a stopped machine to a file.
 * @param socket path for a socket of ours that QEMU can reach; removed at the end
 */
export async function saveState(qmp: Qmp, file: string, socket: string, runAs: RunAs): Promise<void> {
  const server = createServer();
  const arrived = once(server, 'connection', { signal: AbortSignal.timeout(PATIENCE) }) as Promise<[Socket]>;
  arrived.catch(() => undefined);
  try {
    // Of somebody who was killed.
    await rm(socket, { force: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(socket, resolve);
    });
    if (runAs.drop) await lchown(socket, runAs.uid, runAs.gid);
    await qmp.execute('migrate', { uri: `unix:${socket}` });
    const [stream] = await arrived.catch((error: unknown) => {
      throw failed(
        'the state of the machine could not be saved',
        `QEMU does not connect to hand it over: ${String(error)}`,
      );
    });
    await pipeline(stream, createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true }));
    const end = performance.now() + PATIENCE;
    for (;;) {
      const { status, why } = await statusOf(qmp);
      if (status === 'completed') return;
      if (['failed', 'cancelled'].includes(status) || performance.now() > end) {
        throw failed('the state of the machine could not be saved', why || `the migration is ${status}`);
      }
      await sleep(LOOK);
    }
  } catch (error) {
    await endMigration(qmp).catch(() => undefined);
    throw error;
  } finally {
    server.close();
    await rm(socket, { force: true });
  }
}

/** QEMU lets no machine go on as long as its state is under way. */
async function endMigration(qmp: Qmp): Promise<void> {
  await qmp.execute('migrate_cancel');
  const end = performance.now() + PATIENCE;
  const over = ['', 'none', 'completed', 'failed', 'cancelled'];
  while (!over.includes((await statusOf(qmp)).status) && performance.now() < end) await sleep(LOOK);
}

/**
 * Reads the state into a QEMU that was started with `-incoming defer` and whose memory is in place. The machine stands still
 * when this returns. A QEMU that cannot make sense of the state ends.
 * @param socket path of a socket that QEMU makes
 */
export async function loadState(qmp: Qmp, file: string, socket: string): Promise<void> {
  await qmp.execute('migrate-incoming', { uri: `unix:${socket}` });
  const stream = createConnection({ path: socket });
  await once(stream, 'connect');
  await pipeline(createReadStream(file), stream).catch((error: unknown) => {
    // QEMU hangs up when it has all that it needs, which may be before we have: what came of it is for QEMU to say.
    if (!HUNG_UP.has(String((error as NodeJS.ErrnoException).code))) throw error;
  });
  const end = performance.now() + PATIENCE;
  for (;;) {
    const reply = await qmp.execute('query-status');
    if (!isObject(reply)) throw failed('the state of the machine could not be restored', 'QEMU does not say how it is');
    if (reply['status'] !== 'inmigrate') break;
    if (performance.now() > end) throw failed('the state of the machine could not be restored', 'it takes too long');
    await sleep(LOOK);
  }
  await rm(socket, { force: true });
}
