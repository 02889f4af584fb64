/** A file that was just cloned gets nothing beyond its own directory and the loopback before a person has allowed it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { processesOf } from '../support/leftovers.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';

const SECRET = 'AKIA-this-must-not-be-seen';

const GREEDY = `
name: cloned
vms:
  dev:
    memory: 1GiB
    cpus: 1
    shares:
      - {path: /etc, mode: ro, allow_sensitive: true}
      - {path: ~/.ssh, mode: ro, allow_sensitive: true}
      - {path: ../outside, mode: ro}
    ports: ['0.0.0.0:28080:80']
    env: {KEY: '\${AWS_SECRET_ACCESS_KEY}'}
    agents: {claude: {share_auth: true}}
`;

/** What of `GREEDY` a person has to be told, in plain words. */
const ASKS = [
  'dev wants to read /etc',
  '/.ssh',
  '/outside',
  'be reached from other computers at 0.0.0.0:28080',
  'use your claude credentials',
  'see the host variable AWS_SECRET_ACCESS_KEY',
];

const oneShare = (share: string): string => `
name: cloned
vms:
  dev:
    memory: 1GiB
    cpus: 1
    shares:
      - ${share}
`;

/** A home directory with something in it that is worth stealing. */
function fakeHome(box: Sandbox): Readonly<Record<string, string>> {
  const home = join(box.dir, 'fake-home');
  mkdirSync(join(home, '.ssh'), { recursive: true });
  writeFileSync(join(home, '.ssh', 'id_ed25519'), SECRET);
  return { HOME: home, AWS_SECRET_ACCESS_KEY: SECRET };
}

/** Neither files nor processes of a machine. */
function nothingWasMade(box: Sandbox): void {
  const projects = join(box.home, 'projects');
  const machines = existsSync(projects)
    ? readdirSync(projects).flatMap((project) =>
        readdirSync(join(projects, project), { withFileTypes: true }).filter((entry) => entry.isDirectory()),
      )
    : [];
  expect(machines).toEqual([]);
  expect(processesOf([box.dir])).toEqual([]);
}

scenario(
  'a file that asks for the host',
  () => ({ files: { 'ai-vm.yaml': GREEDY } }),
  (obligation) => {
    obligation('is refused with everything that it asks in plain words, and nothing is made', async (box) => {
      mkdirSync(join(box.dir, 'outside'));
      const { code, stdout, stderr } = await box.cli(['up'], { env: fakeHome(box) });
      expect(code).toBe(1);
      for (const ask of ASKS) expect(stderr).toContain(ask);
      expect(stderr).toContain('ai-vm approve');
      expect(stdout + stderr).not.toContain(SECRET);
      expect(existsSync(box.home) ? readdirSync(box.home) : []).toEqual([]);
      nothingWasMade(box);
    });

    obligation('is not allowed by --yes, nor by an answer on stdin', async (box) => {
      const env = fakeHome(box);
      for (const args of [['up', '--recreate', 'dev', '--yes'], ['up'], ['approve']]) {
        const { code } = await box.cli(args, { env, input: 'y\nyes\n' });
        expect(code).not.toBe(0);
      }
      const list = JSON.parse(await box.ok(['approve', '--list', '--format', 'json'], { env })) as {
        asks: { pending: unknown[]; given: unknown[] };
      };
      expect(list.asks.pending).toHaveLength(ASKS.length);
      expect(list.asks.given).toEqual([]);
      nothingWasMade(box);
    });

    obligation('is shown by `approve --list`, which records nothing', async (box) => {
      const env = fakeHome(box);
      const shown = await box.ok(['approve', '--list'], { env });
      for (const ask of ASKS) expect(shown).toContain(ask);
      expect(shown).not.toContain(SECRET);
      expect(existsSync(join(box.home, 'approvals'))).toBe(false);
    });

    obligation('is allowed by `approve --yes`, outside the repository and without the values', async (box) => {
      const env = fakeHome(box);
      await box.ok(['approve', '--yes'], { env });
      expect(readdirSync(box.project)).toEqual(['ai-vm.yaml']);
      const [record] = readdirSync(join(box.home, 'approvals'));
      expect(readFileSync(join(box.home, 'approvals', record ?? ''), 'utf8')).not.toContain(SECRET);
      const shown = await box.ok(['approve', '--list'], { env });
      expect(shown).not.toContain('Not allowed yet');
      for (const ask of ASKS) expect(shown).toContain(ask);
    });

    obligation('asks again for what is wider than what was allowed', async (box) => {
      const env = fakeHome(box);
      for (const [from, to, ask] of [
        ['{path: ../outside, mode: ro}', '{path: ../outside, mode: rw}', 'read and write'],
        ['0.0.0.0:28080:80', '0.0.0.0:28080:81', '0.0.0.0:28080'],
        ["env: {KEY: '", "env: {OTHER: '", 'vms.dev.env.OTHER'],
      ] as const) {
        box.write('ai-vm.yaml', GREEDY.replace(from, to));
        const { code, stderr } = await box.cli(['up'], { env });
        expect(code).toBe(1);
        expect(stderr).toContain('approval.needed');
        expect(stderr).toContain(ask);
        // Only what is new is asked.
        expect(stderr).not.toContain('read /etc');
        nothingWasMade(box);
      }
      box.write('ai-vm.yaml', GREEDY);
      expect(await box.ok(['approve', '--list'], { env })).not.toContain('Not allowed yet');
    });

    obligation('asks all over again after `approve --revoke`', async (box) => {
      const env = fakeHome(box);
      await box.ok(['approve', '--revoke'], { env });
      const { code, stderr } = await box.cli(['up'], { env });
      expect(code).toBe(1);
      for (const ask of ASKS) expect(stderr).toContain(ask);
    });
  },
);

scenario(
  'a share that nothing allows',
  () => ({ files: { 'ai-vm.yaml': oneShare('.') } }),
  (obligation) => {
    obligation('is refused with allow_sensitive and an approval too, and nothing is made', async (box) => {
      const ours = [box.home, join(box.home, 'projects'), box.dir];
      for (const path of ['/', '/proc', '/proc/sys', '/sys', '/dev', ...ours]) {
        box.write('ai-vm.yaml', oneShare(`{path: ${path}, mode: ro, allow_sensitive: true}`));
        await box.ok(['approve', '--yes']);
        const { code, stderr } = await box.cli(['up']);
        expect({ path, code, refused: stderr.includes('share.refused') }).toEqual({ path, code: 1, refused: true });
        expect(stderr).toContain('Nothing allows it');
        nothingWasMade(box);
      }
    });

    obligation('is refused when a symlink in the project leads there', async (box) => {
      mkdirSync(join(box.project, 'work'), { recursive: true });
      symlinkSync('/etc', join(box.project, 'work', 'link'));
      box.write('ai-vm.yaml', oneShare('./work/link'));
      const first = await box.cli(['up']);
      expect(first.code).toBe(1);
      expect(first.stderr).toContain('read and write /etc');
      await box.ok(['approve', '--yes']);
      const second = await box.cli(['up']);
      expect(second.code).toBe(1);
      expect(second.stderr).toContain('It is /etc.');
      nothingWasMade(box);
    });

    obligation('is refused for writing when the directory is root’s, with why', async (box) => {
      box.write('ai-vm.yaml', oneShare('{path: /usr/share/doc, mode: rw, allow_sensitive: true}'));
      await box.ok(['approve', '--yes']);
      const { code, stderr } = await box.cli(['up']);
      expect(code).toBe(1);
      expect(stderr).toContain('It belongs to root');
      nothingWasMade(box);
    });
  },
);
