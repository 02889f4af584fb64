/** Servers of shares that a machine has left behind: they end with the device that they serve, if there ever was one. */
import { basename } from 'node:path';
import type { ProcessId } from '../model/machine.ts';
import { readEnd } from './files.ts';
import { cmdline, isAlive, kill, waitForExit } from './processes.ts';

/** The last so many bytes of the file: a machine that is changed for months has had thousands of servers. */
const LIMIT = 64 * 1024;
/** What a server has to end once it is told to (milliseconds). */
const GONE = 5000;

interface Server {
  readonly process: ProcessId;
  /** Name of its socket in the machine's runtime directory. */
  readonly socket: string;
}

/**
 * Servers that live, of those named in a file of `PID STARTTIME` lines. The file lies where QEMU's user can write, so nothing
 * is believed but that a server of shares may be ended.
 */
async function serversIn(file: string): Promise<Server[]> {
  const found: Server[] = [];
  for (const line of (await readEnd(file, LIMIT)).split('\n')) {
    const [, pid, startTime] = /^(\d{1,10}) (\d{1,20})$/.exec(line) ?? [];
    if (pid === undefined || startTime === undefined) continue;
    const process = { pid: Number(pid), startTime };
    const [program, ...words] = (await cmdline(process.pid)) ?? [];
    if (program === undefined || basename(program) !== 'virtiofsd' || !(await isAlive(process))) continue;
    const path = words.find((word) => word.startsWith('--socket-path=')) ?? '';
    found.push({ process, socket: basename(path) });
  }
  return found;
}

/** Returns when they are gone: what is killed may take a moment on a busy host. */
async function end(servers: readonly Server[]): Promise<void> {
  for (const { process } of servers) await kill(process, 'SIGKILL').catch(() => false);
  for (const { process } of servers) await waitForExit(process, GONE);
}

/** Ends all of them. */
export async function endHelpers(file: string): Promise<void> {
  await end(await serversIn(file));
}

/** Ends those at this socket (its name). */
export async function endHelpersAt(file: string, socket: string): Promise<void> {
  await end((await serversIn(file)).filter((server) => server.socket === socket));
}

/** Numbers of the places that have a server: `fs3.sock` is that of place 3. */
export async function placesServed(file: string): Promise<number[]> {
  return (await serversIn(file)).flatMap(({ socket }) => {
    const place = /^fs(\d{1,3})\.sock$/.exec(socket);
    return place ? [Number(place[1])] : [];
  });
}
