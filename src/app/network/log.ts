/** `network log`: what the gateway of a machine has let through and what not, since the machine was started. */
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GATEWAY_FILES, type NetworkEntry } from '../../model/gateway.ts';
import { AiVmError } from '../../model/errors.ts';
import type { Context } from '../context.ts';
import { onlyMachine } from '../select.ts';

const LOOK = 200;
const CHUNK = 64 * 1024;

function parse(line: string): NetworkEntry | null {
  try {
    const entry = JSON.parse(line) as Partial<NetworkEntry> | null;
    return typeof entry?.time === 'string' && typeof entry.verdict === 'string' ? (entry as NetworkEntry) : null;
  } catch {
    return null;
  }
}

const openLog = (path: string): Promise<FileHandle | null> =>
  open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => null);

/** Entries from the beginning of what is kept; with `follow`, also those that come, until the context's signal. */
export async function* networkLog(
  context: Context,
  name: string | undefined,
  follow: boolean,
): AsyncGenerator<NetworkEntry, void, void> {
  const vm = await onlyMachine(context, name);
  const path = join(context.project.machine(vm).run, GATEWAY_FILES.log);
  const { signal } = context;
  let file = await openLog(`${path}.1`);
  const current = await openLog(path);
  if (!current && !follow) {
    await file?.close();
    throw new AiVmError('machine.not-running', `${vm} has no log of its network`, {
      ...{ vm, why: 'It is kept while a machine with a gateway runs.', fix: `ai-vm up ${vm}` },
    });
  }
  const older = file !== null;
  file ??= current;
  if (older && current) {
    yield* entries(await readAll(file));
    await file?.close();
    file = current;
  }
  let rest = '';
  let inode = 0;
  try {
    for (;;) {
      if (file) {
        inode = (await file.stat()).ino;
        const { bytesRead, buffer } = await file.read(Buffer.alloc(CHUNK), 0, CHUNK);
        rest += buffer.toString('utf8', 0, bytesRead);
        const end = rest.lastIndexOf('\n') + 1;
        yield* entries(rest.slice(0, end));
        rest = rest.slice(end);
        if (bytesRead > 0) continue;
      }
      if (!follow || signal.aborted) return;
      await sleep(LOOK, undefined, { signal }).catch(() => undefined);
      // Another file has taken its place, of this start or of the next one.
      const next = await openLog(path);
      const moved = next !== null && (await next.stat()).ino !== inode;
      if (moved) {
        await file?.close();
        [file, rest] = [next, ''];
      } else await next?.close();
    }
  } finally {
    await file?.close();
  }
}

const readAll = async (file: FileHandle | null): Promise<string> => (file ? await file.readFile('utf8') : '');

function* entries(text: string): Generator<NetworkEntry, void, void> {
  for (const line of text.split('\n')) {
    const entry = line === '' ? null : parse(line);
    if (entry) yield entry;
  }
}
