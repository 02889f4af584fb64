/** What is Node's and what is not, for each shell that there is. */
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { quoteCommand } from '../../../src/guest/quote.ts';
import { Stand } from './stand.ts';

const SHELLS = [['sh'], ['bash', '--posix'], ['busybox', 'sh']].flatMap(([name = '', ...options]) => {
  const found = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
  return found === '' ? [] : [[found, ...options]];
});

let stand: Stand;
beforeEach(async () => void (stand = await Stand.make()));
afterEach(() => stand.close());

const TRUE = ['exec', 'dev', '--', 'true'];
const byNode = (argv: readonly string[] = TRUE): object => ({
  by: 'node',
  words: [join(stand.dir, 'installed/main.js'), ...argv],
});

describe.each(SHELLS.map((shell) => [shell.join(' '), shell] as const))('launcher in %s', (_, shell) => {
  const run: Stand['run'] = (argv, options) => stand.run(argv, { command: [...shell, stand.installed], ...options });

  it('runs the ssh of the recipe, with stdin, and ends as it does', () => {
    expect(run(TRUE, { input: 'in', env: { CODE: '3' } })).toEqual({
      ...{ by: 'ssh', words: [...stand.recipe.argv.slice(0, -1), `cd '/mnt/a b' 2>/dev/null; exec true`] },
      ...{ code: 3, stdout: 'in', stderr: '' },
    });
    expect(run(TRUE, { env: { CODE: '255' } })).toMatchObject({ by: 'ssh', code: 255 });
    expect(run(['exec', 'dev', 'echo', 'a'])).toMatchObject({ by: 'ssh' });
    expect(stand.command).toMatch(/; exec echo a$/);
  });

  it('hands words over as Node does', () => {
    const words = [
      ...['a b', '', `it's`, `'`, `''\\''`, '\\', 'a\\b\\\\', '"$HOME"', '`id`', '*', '~', '-n', '--', 'a\nb\n', '\n'],
      ...['ä', '日本', 'a=b', '#', '!!', '$(id)', '\t', '[a-z]*', `\\'\\'x\\`, 'a'.repeat(5000)],
    ];
    expect(run(['exec', 'dev', '--', ...words])).toMatchObject({ by: 'ssh', stderr: '' });
    expect(stand.command).toBe(`cd '/mnt/a b' 2>/dev/null; exec ${quoteCommand(words)}`);
  });

  it('hands over bytes that are no text', () => {
    const echo = '#!/bin/sh\nfor word; do :; done\neval "exec /usr/bin/printf %s ${word#*; exec }"\n';
    stand.program('ssh', echo);
    const line = String.raw`exec "$0" "$@" "$(printf '\377\\\047\303')" | od -An -tx1`;
    const said = spawnSync(
      '/bin/sh',
      ['-c', `PATH=$PATH:/usr/bin:/bin; ${line}`, ...shell, stand.installed, 'exec', 'dev', '--'],
      {
        ...{ cwd: stand.project, env: stand.env(), encoding: 'utf8' },
      },
    );
    expect(said.stdout.trim()).toBe('ff 5c 27 c3');
  });

  it.each([
    ['another verb', ['ps']],
    ['no verb', []],
    ['no command', ['exec', 'dev']],
    ['an empty command', ['exec', 'dev', '--']],
    ['an option', ['exec', 'dev', '-e', 'A=b', '--', 'true']],
    ['an option before', ['exec', '-u', 'dev', 'dev', '--', 'true']],
    ['an option of the verb behind it', ['exec', 'dev', 'true', '--verbose']],
    ['what may be an option', ['exec', 'dev', 'ls', '-l']],
    ['a global option', ['-p', 'x', 'exec', 'dev', 'true']],
    ['a machine without a recipe', ['exec', 'web', 'true']],
    ['a name that is none', ['exec', '../dev', 'true']],
    ['more than is quick', ['exec', 'dev', '--', 'x'.repeat(9000)]],
  ])('leaves %s to Node, word for word', (_what, argv) => {
    expect(run([...argv], { input: 'in', env: { CODE: '4' } })).toMatchObject({
      ...byNode(argv),
      code: 4,
      stdout: 'in',
    });
  });

  it('leaves it to Node when something has changed', async () => {
    const back = (): void => {
      for (const path of [stand.file, stand.project]) stand.touch(path, -60);
      stand.leave();
      expect(run(TRUE)).toMatchObject({ by: 'ssh' });
    };
    const changed = (change: () => void, env: Record<string, string> = {}): void => {
      back();
      change();
      expect(run(TRUE, { env })).toMatchObject(byNode());
    };
    changed(() => writeFileSync(stand.file, 'name: other'));
    // Within the second of the recipe itself.
    changed(() => stand.touch(stand.file, -10));
    changed(() => {
      writeFileSync(join(stand.project, 'old'), '');
      stand.touch(join(stand.project, 'old'), -100);
      renameSync(join(stand.project, 'old'), stand.file);
    });
    changed(() => rmSync(stand.file));
    writeFileSync(stand.file, '');
    changed(() => writeFileSync(join(stand.project, 'ai-vm.override.yaml'), ''));
    changed(() => undefined, { AI_VM_FILE: '' });
    changed(() => undefined, { TOKEN: 'other' });
    changed(() => undefined, { TOKEN: '' });
    changed(() => stand.leave(stand.recipe, -10, -1));
    // The clock was set back.
    changed(() => stand.leave(stand.recipe, 5));
    changed(() => stand.leave({ ...stand.recipe, socket: join(stand.dir, 'none') }));
    const [its] = stand.recipe.processes;
    changed(() => stand.leave({ ...stand.recipe, processes: [{ pid: its!.pid, startTime: '1' }] }));
    changed(() => stand.stop());
    stand.process.kill('SIGCONT');
    const ended = once(stand.process, 'exit');
    stand.process.kill('SIGKILL');
    await ended;
    expect(run(TRUE)).toMatchObject(byNode());
  });

  it('believes what was seen no longer in a process that was another one before', () => {
    stand.leave(stand.recipe, -10, 1);
    const script = '/usr/bin/stat /proc/$$ >/dev/null; /bin/sleep 1.5; exec "$@"';
    const command = ['/bin/sh', '-c', script, 'sh', ...shell, stand.installed];
    expect(run(TRUE, { command })).toMatchObject(byNode());
  });

  it('goes by where it is, and not by links there', () => {
    symlinkSync(stand.project, join(stand.dir, 'link'));
    const there = { cwd: join(stand.dir, 'link'), env: { PWD: join(stand.dir, 'link') } };
    expect(run(TRUE, there)).toMatchObject({ by: 'ssh' });
    expect(run(TRUE, { cwd: stand.copyProject() })).toMatchObject(byNode());
    // Where the project was is another directory now.
    renameSync(stand.project, join(stand.dir, 'moved'));
    rmSync(join(stand.dir, 'link'));
    symlinkSync(join(stand.dir, 'other'), stand.project);
    expect(run(TRUE, { env: { PWD: stand.project } })).toMatchObject(byNode());
  });

  it('leaves variables of the environment to Node as they are', () => {
    stand.program('node', '#!/bin/sh\nexec /usr/bin/env\n');
    const own = { home: 'a', word: 'b', file: 'c', recipe: 'd', rest: 'e', stat: 'f', target: 'g' };
    const { stdout } = run(['exec', 'dev', '-e', 'X=1', '--', 'true'], { env: { ...own, LC_ALL: 'C' } });
    const lines = stdout.split('\n');
    expect(lines).toEqual(expect.arrayContaining([...Object.entries(own).map((pair) => pair.join('=')), 'LC_ALL=C']));
  });

  it('says what is missing', () => {
    rmSync(join(stand.dir, 'bin/ssh'));
    expect(run(TRUE)).toMatchObject(byNode());
    rmSync(join(stand.dir, 'bin/node'));
    expect(run(TRUE)).toMatchObject({
      ...{ by: null, code: 69, stdout: '' },
      stderr: expect.stringMatching(/^error: node is not installed\n {2}why: .*\n {2}fix: .*\n {2}code: host\.missing/),
    });
  });

  it('finds itself through links', () => {
    mkdirSync(join(stand.dir, 'global'));
    symlinkSync('../installed/ai-vm', join(stand.dir, 'global/one'));
    symlinkSync(join(stand.dir, 'global/one'), join(stand.dir, 'bin/ai-vm'));
    for (const path of ['global/one', 'bin/ai-vm']) {
      const said = run(['ps'], { command: [...shell, join(stand.dir, path)] });
      expect(said).toMatchObject({ by: 'node', code: 0 });
      expect(execFileSync('realpath', ['-m', said.words[0]!], { encoding: 'utf8' }).trim()).toBe(
        join(stand.dir, 'installed/main.js'),
      );
    }
    expect(run(['ps'], { command: [stand.installed] })).toMatchObject(byNode(['ps']));
  });

  it('leaves it to Node when somebody sits in front of it', () => {
    const line = [...shell, stand.installed, ...TRUE].join(' ');
    const env = { ...stand.env(), PATH: `${join(stand.dir, 'bin')}:/usr/bin:/bin`, SHELL: '/bin/sh' };
    spawnSync('script', ['-qec', line, '/dev/null'], { cwd: stand.project, env, input: '\u0004' });
    expect(stand.heard().by).toBe('node');
  });
});

it('believes no directory that is a link', () => {
  const run = join(stand.dir, 'elsewhere');
  mkdirSync(run);
  symlinkSync(join(stand.dir, 'run/ai-vm'), join(run, 'ai-vm'));
  stand.leave({ ...stand.recipe, variables: new Map() });
  // Root has one place, wherever the variable leads.
  const said = stand.run(TRUE, { env: { XDG_RUNTIME_DIR: run } });
  expect(said).toMatchObject(stand.ofRoot ? { by: 'ssh' } : byNode());
});
