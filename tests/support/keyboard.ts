/** A person at a terminal: looks at the screen, and presses keys. */
import { resolve } from 'node:path';
import { execa } from 'execa';
import type { Sandbox } from './sandbox.ts';
import { Terminal } from './terminal.ts';
import { until } from './guest.ts';

const BUNDLE = resolve(import.meta.dirname, '../../dist/main.js');

export const KEYS = { enter: '\r', down: '\u001b[B', space: ' ', back: '\u007f', interrupt: '\u0003' } as const;

export interface Session {
  readonly terminal: Terminal;
  readonly code: number;
}

/**
 * Runs `ai-vm` in a pseudo terminal.
 * @param script what has to stand in the last lines of the screen, and the keys that are pressed then
 * @param env over what a sandbox sets
 */
export async function atTerminal(
  box: Sandbox,
  args: readonly string[],
  script: readonly (readonly [RegExp, ...string[]])[],
  env: Readonly<Record<string, string>> = {},
): Promise<Session> {
  const terminal = new Terminal(100, 60);
  const words = [process.execPath, BUNDLE, ...args].map((word) => `'${word}'`).join(' ');
  const child = execa('script', ['-qfec', `stty cols 100 rows 60; exec ${words}`, '/dev/null'], {
    cwd: box.project,
    env: {
      ...{ PATH: process.env['PATH'] ?? '', HOME: box.user.home, LANG: 'C.UTF-8', TERM: 'xterm-256color' },
      ...{ ...box.env, ...env },
    },
    ...{ extendEnv: false, reject: false, stdin: 'pipe', timeout: 60_000 },
  });
  let ended = false;
  const failures: unknown[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    try {
      terminal.write(text);
    } catch (error) {
      failures.push(error);
      child.kill();
    }
  });
  void child.finally(() => (ended = true));
  for (const [shown, ...keys] of script) {
    const seen = await until(`${String(shown)} on the screen`, () => {
      const stands = shown.test(terminal.screen.slice(-12).join('\n'));
      return Promise.resolve(stands || ended ? { stands } : null);
    });
    if (failures.length > 0) throw failures[0];
    if (!seen.stands) throw new Error(`it ended before it showed ${String(shown)}:\n${terminal.screen.join('\n')}`);
    for (const key of keys) child.stdin.write(key);
  }
  const { exitCode } = await child;
  return { terminal, code: exitCode ?? -1 };
}
