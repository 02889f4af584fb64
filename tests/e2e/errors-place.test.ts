/** Places, names and terminals that programs stumble over. QEMU is started for each of them, no guest is waited for. */
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from '@jest/globals';
import { execa } from 'execa';
import { machine } from '../support/guest.ts';
import { leftovers } from '../support/leftovers.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';
import { Terminal } from '../support/terminal.ts';
import { ordinaryUser } from '../support/user.ts';

const BUNDLE = resolve(import.meta.dirname, '../../dist/main.js');
const ODD = `it's a "test" \`of\` $HOME & ünïcödé 日本; ${'long '.repeat(40)}`.slice(0, 200);
const LONG = 'a-machine_with-a-name-that-is-as-long-as-a-name-of-one-can-be-0';

const file = (vm: string, fields = ''): string =>
  `vms:\n  ${vm}: {cpus: 1, memory: 768MiB, storage: 8GiB${fields === '' ? '' : `, ${fields}`}}\n`;

/** A shell command line in which \`"$@"\` is \`ai-vm\` with \`args\`. */
async function inShell(box: Sandbox, line: string, args: readonly string[], env: Record<string, string> = {}) {
  return execa('sh', ['-c', line, 'sh', process.execPath, BUNDLE, ...args], {
    cwd: box.project,
    env: { PATH: process.env['PATH'] ?? '', HOME: box.user.home, LANG: 'C.UTF-8', ...box.env, ...env },
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
  });
}

/** Through a pseudo terminal of that size. */
async function onTerminal(
  box: Sandbox,
  columns: number,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ terminal: Terminal; bytes: string }> {
  const words = [process.execPath, BUNDLE, ...args].map((word) => `'${word}'`).join(' ');
  const command = `stty cols ${columns} rows 12; exec ${words}`;
  const { stdout } = await inShell(box, 'exec script -qfec "$COMMAND" /dev/null', [], {
    ...{ COMMAND: command, TERM: 'xterm-256color', SHELL: '/bin/sh' },
    ...env,
  });
  const terminal = new Terminal(columns, 12);
  terminal.write(stdout);
  return { terminal, bytes: stdout };
}

scenario(
  'a project directory with a name that nothing survives',
  () => ({ name: ODD, files: { 'ai-vm.yaml': file('dev', `shares: ["./it's \\"here\\":/mnt/x:ro"]`) } }),
  (obligation) => {
    obligation('is one in which a machine starts, and its start script too', async (box) => {
      expect(Buffer.byteLength(ODD)).toBeGreaterThanOrEqual(200);
      mkdirSync(join(box.project, `it's "here"`));
      await box.ok(['up', '--no-wait']);
      const { pid, state } = await machine(box);
      expect(['starting', 'running']).toContain(state);
      const again = await execa('sh', ['-s'], { input: await box.ok(['script', 'dev']), reject: false });
      expect(again.stderr).toContain('runs already');
      expect(again.stdout).toBe(String(pid));
      await box.ok(['down', '--timeout', '0']);
    });

    obligation('takes neither HOME nor standard input to be there', async (box) => {
      expect((await inShell(box, 'unset HOME; exec "$@" <&-', ['ps'])).stdout).toContain('stopped');
      const { exitCode, stderr } = await inShell(box, 'exec "$@" <&-', ['rm']);
      expect(exitCode).toBe(64);
      expect(stderr).toContain('Say --yes.');
    });

    obligation('has logs whose reader may leave early, and results that may have nowhere to go', async (box) => {
      const { stdout, stderr } = await inShell(box, '{ "$@"; echo "code $?" >&2; } | head -n 1', ['logs', 'dev']);
      expect(stdout.split('\n').length).toBeLessThanOrEqual(2);
      expect(stderr).toBe('code 0\n');
      const full = await inShell(box, 'exec "$@" >/dev/full', ['ps']);
      expect(full.exitCode).toBe(1);
      expect(full.stderr).toContain('ENOSPC');
      expect(full.stderr.split('\n')).toHaveLength(2);
    });
  },
);

scenario(
  'a machine with the longest name, in a terminal of 24 columns',
  () => ({ files: { 'ai-vm.yaml': file(LONG) } }),
  (obligation) => {
    obligation('starts in a live display that leaves no garbage', async (box) => {
      expect(LONG).toHaveLength(63);
      const { terminal, bytes } = await onTerminal(box, 24, ['up', '--no-wait']);
      expect(bytes).toContain(`${String.fromCharCode(27)}[`);
      expect(terminal.cursorShown).toBe(true);
      // Lines longer than the terminal go on in the next one.
      const text = terminal.screen.join('');
      // The live part is drawn over and over: in the end each step stands there once.
      for (const step of ['create', 'start', 'wait for']) expect(text.split(`${step} ${LONG}`)).toHaveLength(2);
      // How to get in comes last, where nothing draws over it.
      expect(text.slice(text.indexOf('wait for'))).toContain(`ai-vm ssh ${LONG}`);
      expect(terminal.screen.every((line) => line.length <= 24)).toBe(true);
      expect((await machine(box, LONG)).pid).not.toBeNull();
    });

    obligation('is told without colour under NO_COLOR, and without a terminal', async (box) => {
      const colour = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'u');
      expect((await onTerminal(box, 80, ['up', 'nope'])).bytes).toMatch(colour);
      expect((await onTerminal(box, 80, ['up', 'nope'], { NO_COLOR: '1' })).bytes).not.toMatch(colour);
      expect((await box.cli(['up', 'nope'])).stderr).not.toMatch(colour);
    });

    obligation('reports to programs in one JSON value a line', async (box) => {
      const { code, stderr } = await box.cli(['down', '--timeout', '0', '--progress', 'json']);
      expect(code).toBe(0);
      const events = stderr
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { type: string });
      expect(events.map((event) => event.type)).toEqual(
        expect.arrayContaining(['plan', 'step-started', 'step-done', 'finished']),
      );
      const failed = await box.cli(['up', 'nope', '--progress', 'json']);
      expect(failed.code).toBe(64);
      expect(JSON.parse(failed.stderr)).toMatchObject({ error: { code: 'machine.unknown' } });
    });
  },
);

scenario(
  'an ordinary user without a runtime directory of their own',
  async () => ({ as: await ordinaryUser(), files: { 'ai-vm.yaml': file('dev') } }),
  (obligation) => {
    /** Where the system would have a directory for temporary files; the user's own one is made in there. */
    const temporary = (box: Sandbox): string => join(box.dir, 'tmp');
    const own = (box: Sandbox): string => join(temporary(box), `ai-vm-${box.user.uid}`);

    obligation('gets a private one in the place for temporary files', async (box) => {
      mkdirSync(temporary(box));
      chmodSync(temporary(box), 0o1777);
      for (const XDG_RUNTIME_DIR of ['/nonexistent', '/']) {
        const env = { XDG_RUNTIME_DIR, TMPDIR: temporary(box) };
        await box.ok(['up', '--no-wait'], { env });
        const seen = statSync(own(box));
        expect([seen.uid, seen.mode & 0o777]).toEqual([box.user.uid, 0o700]);
        await box.ok(['down', '--timeout', '0'], { env });
        expect(leftovers({ dirs: [box.dir] })).toEqual([]);
      }
    });

    obligation('is told when somebody else has taken its place', async (box) => {
      const taken = join(box.dir, 'taken');
      mkdirSync(taken);
      mkdirSync(join(taken, `ai-vm-${box.user.uid}`));
      const env = { XDG_RUNTIME_DIR: '/nonexistent', TMPDIR: taken };
      const { code, stderr } = await box.cli(['up', '--no-wait'], { env });
      // Whoever runs the tests as themselves owns it, and then it is simply used.
      const others = statSync(taken).uid !== box.user.uid;
      expect(code).toBe(others ? 1 : 0);
      if (others) expect(stderr).toContain(`is not a directory of user ${box.user.uid}`);
      else await box.ok(['down', '--timeout', '0'], { env });
    });
  },
);

scenario(
  'a working directory that is gone',
  () => ({ files: { 'ai-vm.yaml': file('dev') } }),
  (obligation) => {
    obligation('is said to be, and keeps nobody from what needs none', async (box) => {
      const line = 'mkdir ../gone && cd ../gone && rmdir ../gone && exec "$@"';
      const { exitCode, stderr } = await inShell(box, line, ['ps']);
      expect([exitCode, stderr]).toEqual([65, expect.stringContaining(`no directory ${join(box.dir, 'gone')}\n`)]);
      expect((await inShell(box, line, ['ls'])).stdout).toBe('There are no machines on this host.\n');
      // Programs that go elsewhere for a child leave it where the shell was: that is another project.
      const elsewhere = line.replace('exec', 'PWD=$OLDPWD exec');
      const other = await inShell(box, elsewhere, ['ps']);
      expect([other.exitCode, other.stdout]).toEqual([65, '']);
    });
  },
);
