/** The way into a project: a file from questions or flags, and flags in the place of one. No guest is started. */
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { KEYS, atTerminal } from '../support/keyboard.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';
import { self } from '../support/user.ts';

interface Config {
  readonly vms: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const config = async (box: Sandbox, cwd = box.project): Promise<Config> =>
  JSON.parse(await box.ok(['config', '--format', 'json'], { cwd })) as Config;

/** In a directory of root's nothing is written for a guest, so that a file which `up` takes shares it for reading. */
const OWN = self().uid === 0 ? 'ro' : 'rw';

const inProject = (box: Sandbox): string[] => readdirSync(box.project).sort();

scenario(
  'a directory without a configuration',
  () => ({}),
  (obligation) => {
    obligation('is told what would make a machine there', async (box) => {
      const { code, stderr } = await box.cli(['up']);
      expect(code).toBe(65);
      expect(stderr).toContain('ai-vm init');
      expect(stderr).toContain('ai-vm up --ram 8 --cpu 4');
    });

    obligation('can have a machine from flags alone, which is kept only when it is made', async (box) => {
      const flags = [
        '-r',
        '4',
        '-c',
        '3',
        '-s',
        '30',
        '-p',
        '8080:80',
        '--share-ro',
        '..',
        '--overlay',
        '--name',
        'box',
      ];
      expect(await box.ok(['up', '--dry-run', ...flags])).toContain('box (absent) will be created');
      expect(await box.ok(['plan', '--share-rw', '.'])).toContain('dev (absent) will be created');
      expect([inProject(box), existsSync(join(box.home, 'projects'))]).toEqual([[], false]);
      expect((await box.cli(['ps'])).code).toBe(65);
    });

    obligation('gets faults of flags told as those of a file are', async (box) => {
      const { code, stderr } = await box.cli(['up', '-c', '4', '-r', '8x', '--desktop', '1920x1080', '--dry-run']);
      expect(code).toBe(65);
      expect(stderr).toContain('error  --ram: "8x" is not a size');
      expect(stderr).toContain('1 | --ram 8x --cpu 4 --desktop 1920x1080');
    });

    obligation('is begun by the name of the program alone, at a terminal', async (box) => {
      const { terminal, code } = await atTerminal(box, [], [[/Name of the machine/, KEYS.interrupt]]);
      expect([code, inProject(box)]).toEqual([130, []]);
      expect(terminal.screen.join('\n')).toContain('There is no ai-vm.yaml here or above');
      const piped = await box.cli([]);
      expect([piped.code, piped.stdout]).toEqual([0, expect.stringContaining('Usage: ai-vm')]);
    });

    obligation('stays as it is when the questions are left', async (box) => {
      const first = await atTerminal(box, ['init'], [[/Name of the machine/, KEYS.interrupt]]);
      expect([first.code, inProject(box), first.terminal.cursorShown]).toEqual([130, [], true]);
      const flags = [
        'init',
        '--name',
        'a',
        '-r',
        '1',
        '-c',
        '1',
        '-s',
        '9',
        '--no-port',
        '--no-share',
        '--agent',
        'claude',
      ];
      const last = await atTerminal(
        box,
        [...flags, '--package', 'jq', '--overlay', '--no-audio', '--no-desktop', '--nested'],
        [[/Write it\?/, KEYS.interrupt]],
      );
      expect([last.code, inProject(box)]).toEqual([130, []]);
      expect(last.terminal.screen.join('\n')).not.toMatch(/◆ {2}(Name|Memory|CPUs|Disk)/);
    });

    obligation('gets a file that says what was answered', async (box) => {
      const { terminal, code } = await atTerminal(
        box,
        ['init', '--storage', '30'],
        [
          [/◆ {2}Name of the machine/, KEYS.back, KEYS.back, KEYS.back, '-', KEYS.enter],
          [/is not a name for a machine/, KEYS.back, 'box', KEYS.enter],
          [/◆ {2}Memory/, KEYS.down, KEYS.enter],
          [/◆ {2}CPUs/, KEYS.down, KEYS.down, KEYS.down, KEYS.enter],
          [/◆ {2}CPUs\n│ {2}(?!○)/, '6', KEYS.enter],
          [/◆ {2}Shared directories/, ', ../ref:ro', KEYS.enter],
          [/◆ {2}Forwarded ports/, ', 8o', KEYS.enter],
          [/is not a port number/, KEYS.back, '0:81', KEYS.enter],
          [/◆ {2}Coding agents/, KEYS.space, KEYS.enter],
          [/◆ {2}Packages/, 'jq', KEYS.enter],
          [/◆ {2}A clean state/, KEYS.enter],
          [/◆ {2}Sound/, KEYS.enter],
          [/◆ {2}Desktop/, KEYS.down, KEYS.enter],
          [/◆ {2}May it run machines/, KEYS.enter],
          [/◆ {2}Write it\?/, KEYS.enter],
        ],
      );
      expect([code, inProject(box)]).toEqual([0, ['.gitignore', 'ai-vm.yaml']]);
      const screen = terminal.screen.join('\n');
      expect(screen).not.toMatch(/Disk/);
      // What is said between the questions is broken at spaces, beside the bar.
      const begun = terminal.screen.slice(terminal.screen.findIndex((line) => line.startsWith('┌')));
      const asked = begun.slice(0, begun.indexOf('wrote ai-vm.yaml'));
      expect(asked.filter((line) => !/^[┌│├◆◇▲]/u.test(line))).toEqual([]);
      expect(screen).toMatch(/wrote ai-vm\.yaml\nwrote \.gitignore\nnext: ai-vm approve, then ai-vm up/);
      expect(readFileSync(join(box.project, '.gitignore'), 'utf8')).toBe('.ai-vm/\n');
      expect(await box.ok(['validate'])).toContain('is valid: box');
      const { vms } = await config(box);
      expect(vms['box']).toMatchObject({
        ...{ cpus: 6, memory: '16GiB', storage: '30GiB', overlay: false, audio: false, nested: true, packages: ['jq'] },
        desktop: { resolution: '1280x800' },
        ...{ ports: ['3001', '9080', '80:81'], agents: { claude: { share_auth: false } } },
        shares: [
          { path: box.project, mode: OWN },
          { path: join(box.dir, 'ref'), mode: 'ro' },
        ],
      });
    });

    obligation('is told of then, with what to do next', async (box) => {
      const { terminal, code } = await atTerminal(box, [], []);
      expect(code).toBe(0);
      expect(terminal.screen.join('\n')).toMatch(/NAME +STATE[^]*box +absent[^]*Next:\n {2}ai-vm up +start box/);
    });

    obligation('is not begun twice', async (box) => {
      const before = readFileSync(join(box.project, 'ai-vm.yaml'), 'utf8');
      for (const args of [
        ['init'],
        ['init', '--yes', '--format', 'toml'],
        ['init', '--yes', '--force', '--format', 'toml'],
      ]) {
        const { code, stderr } = await box.cli(args);
        expect(code).toBe(1);
        expect(stderr).toContain('config.exists');
      }
      expect([readFileSync(join(box.project, 'ai-vm.yaml'), 'utf8'), inProject(box)]).toEqual([
        before,
        ['.gitignore', 'ai-vm.yaml'],
      ]);
      const again = await box.cli(['init', '--yes', '--force', '--ram', '2', '--no-port']);
      expect(again.code).toBe(0);
      expect(again.stderr.includes('is shared read-only')).toBe(OWN === 'ro');
      expect((await config(box)).vms).toEqual({
        dev: expect.objectContaining({
          ...{ memory: '2GiB', ports: [], shares: [expect.objectContaining({ path: box.project, mode: OWN })] },
        }),
      });
      expect(readFileSync(join(box.project, '.gitignore'), 'utf8')).toBe('.ai-vm/\n');
    });

    obligation('has the same in TOML, from flags and without a terminal', async (box) => {
      mkdirSync(join(box.project, 'sub'));
      const cwd = join(box.project, 'sub');
      const flags = [
        '--ram',
        '16',
        '--cpu',
        '8',
        '--storage',
        '100',
        '--share-rw',
        '.',
        '--share-ro',
        '../x',
        '--audio',
      ];
      await box.ok(['init', ...flags, '--overlay', '--name', 'n', '-p', '80', '--format', 'toml'], { cwd });
      expect(readFileSync(join(cwd, 'ai-vm.toml'), 'utf8')).toMatch(/^#:schema .*ai-vm\.schema\.json\n/);
      expect((await config(box, cwd)).vms).toEqual({
        n: expect.objectContaining({
          ...{ cpus: 8, memory: '16GiB', storage: '100GiB', overlay: true, audio: { driver: 'pa' }, ports: ['80'] },
          shares: [expect.objectContaining({ path: cwd }), expect.objectContaining({ path: join(box.project, 'x') })],
        }),
      });
    });

    obligation('has flags for one run over its file, for machines that it has', async (box) => {
      expect(await box.ok(['up', '--dry-run', '-r', '3', '--nested'])).toContain('dev (absent) will be created');
      const unknown = await box.cli(['up', '--dry-run', '-r', '3', '--name', 'dve']);
      expect([unknown.code, unknown.stderr]).toEqual([64, expect.stringContaining('Did you mean dev?')]);
      expect((await config(box)).vms['dev']).toMatchObject({ memory: '2GiB' });
    });
  },
);
