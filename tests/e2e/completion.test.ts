/** Tab, as shells that people type into have it: what is typed and filled in arrives at the program. No guest is started. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from '@jest/globals';
import { execa } from 'execa';
import { until } from '../support/guest.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';

const BUNDLE = resolve(import.meta.dirname, '../../dist/main.js');
const PROMPT = 'READY> ';

/** What makes each shell load its script, as the help of `completion` says, and how it is started then. */
const SHELLS: Readonly<Record<string, { readonly rc: string; readonly text: string; readonly start: string }>> = {
  bash: {
    rc: 'bashrc',
    text: `PS1='${PROMPT}'\nsource <(ai-vm completion bash)\n`,
    start: 'bash --rcfile "$HOME/bashrc" -i',
  },
  zsh: {
    rc: '.zshrc',
    text: `PS1='${PROMPT}'\nautoload -U compinit\ncompinit -u\nsource <(ai-vm completion zsh)\n`,
    start: 'zsh -i',
  },
  fish: {
    rc: '.config/fish/config.fish',
    text: `function fish_prompt\n  echo -n '${PROMPT}'\nend\n`,
    start: 'fish -i',
  },
};

/** A home with the shell's own files, and an `ai-vm` that writes down what it is called with, but for what Tab asks of it. */
async function settle(box: Sandbox, shell: string): Promise<{ readonly home: string; readonly words: string }> {
  const home = join(box.dir, shell);
  const words = join(home, 'words');
  mkdirSync(join(home, '.config/fish/completions'), { recursive: true });
  mkdirSync(join(home, 'bin'));
  const real = `exec '${process.execPath}' '${BUNDLE}' "$@"`;
  const program = `#!/bin/sh\ncase $1 in complete|completion) ${real};; esac\nprintf '%s\\n' "$@" >'${words}.part'\nmv '${words}.part' '${words}'\n`;
  writeFileSync(join(home, 'bin/ai-vm'), program, { mode: 0o755 });
  const { rc, text } = SHELLS[shell]!;
  writeFileSync(join(home, rc), text);
  if (shell === 'fish') {
    writeFileSync(join(home, '.config/fish/completions/ai-vm.fish'), await box.ok(['completion', 'fish']));
  }
  return { home, words };
}

/** Types `keys` at the prompt of a shell. @returns the words that `ai-vm` got */
async function typed(box: Sandbox, shell: string, keys: string): Promise<string[]> {
  const { home, words } = await settle(box, shell);
  const start = `stty cols 100 rows 40; exec ${SHELLS[shell]!.start}`;
  const terminal = execa('script', ['-qfec', start, '/dev/null'], {
    cwd: box.project,
    env: {
      ...box.env,
      ...{ HOME: home, ZDOTDIR: home, XDG_CONFIG_HOME: join(home, '.config'), XDG_DATA_HOME: join(home, '.local') },
      ...{
        PATH: `${join(home, 'bin')}:${process.env['PATH'] ?? ''}`,
        LANG: 'C.UTF-8',
        TERM: 'xterm',
        SHELL: '/bin/sh',
      },
    },
    ...{ extendEnv: false, reject: false, stdin: 'pipe', timeout: 300_000 },
  });
  let [shown, ended] = ['', false];
  terminal.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
  void terminal.finally(() => (ended = true));
  const alive = <T>(value: T | null): Promise<T | null> =>
    ended ? Promise.reject(new Error(`${shell} ended\n${shown}`)) : Promise.resolve(value);
  try {
    await until(`the prompt of ${shell}`, () => alive(shown.includes(PROMPT) || null), 120_000);
    terminal.stdin.write(`${keys}\r`);
    await until(`${shell} to run it`, () => alive(existsSync(words) || null), 120_000).catch((error: unknown) => {
      throw new Error(`nothing was run:\n${shown}`, { cause: error });
    });
    return readFileSync(words, 'utf8').trimEnd().split('\n');
  } finally {
    terminal.kill('SIGKILL');
    await terminal;
  }
}

scenario(
  'words that Tab fills in',
  () => ({ files: { 'ai-vm.yaml': 'name: shop\nvms: {database: {}, web: {}}\n' } }),
  (obligation) => {
    for (const shell of Object.keys(SHELLS)) {
      obligation(`by ${shell}: verbs, verbs below them, machines and options`, async (box) => {
        const words = await typed(box, shell, 'ai-vm snap\tres\tmine dat\t--y\t');
        expect(words).toEqual(['snapshot', 'restore', 'mine', 'database', '--yes']);
      });
    }
  },
);
