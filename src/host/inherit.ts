/** Runs a program on a file that this process has open. execa's types take no descriptors, hence node:child_process. */
import { spawn } from 'node:child_process';

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stderr: string;
}

/**
 * The program finds the open file as its standard input. Its stdout is discarded, its stderr kept (4 KiB).
 * @throws when it cannot be started (`ENOENT`) or `signal` ends it (`AbortError`)
 */
export function runOn(fd: number, program: string, args: readonly string[], signal?: AbortSignal): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: [fd, 'ignore', 'pipe'], ...(signal ? { signal } : {}) });
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(0, 4096)));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stderr: stderr.trim() }));
  });
}

/** What a program has to end by itself after SIGTERM (milliseconds). */
const LAST = 5000;

/**
 * The program finds the open file as its descriptor 3. Its stdout is discarded, its stderr kept (4 KiB). `signal` asks it to
 * end and is then waited for: it may have to clear away what it began.
 * @throws when it cannot be started (`ENOENT`)
 */
export function runHolding(fd: number, program: string, args: readonly string[], signal: AbortSignal): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe', fd] });
    let force: NodeJS.Timeout | undefined;
    const end = (): void => {
      child.kill('SIGTERM');
      force = setTimeout(() => child.kill('SIGKILL'), LAST);
    };
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(0, 4096)));
    child.once('error', reject);
    child.once('close', (code) => {
      signal.removeEventListener('abort', end);
      clearTimeout(force);
      resolve({ code, stderr: stderr.trim() });
    });
  });
}
