/** Which files are read, what they are understood as, and what of it is printed: without any machine. */
import { rmSync, symlinkSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { scenario } from '../support/scenario.ts';
import { serveRepository } from '../support/git-server.ts';

const FILES = {
  'ai-vm.yaml': `
secrets: [DB_URL]
vms:
  web: {cpus: "\${CPUS:-2}", env: {API_TOKEN: $VALUE, DB: $DB_URL}, ports: ['8080:80'], depends_on: [db]}
  db: {}
  extra: {profiles: [full]}
`,
  'ai-vm.override.toml': '[vms.web]\nports = ["8080:81"]\nmemory = "3GiB"\n',
  '.env': 'VALUE=supersecret\nDB_URL=postgres://u:p@h/d\n',
  'other/one.yaml': 'vms: {one: {cpus: 1}}\n',
  'other/two.yaml': 'vms: {one: {cpus: 7}, two: {}}\n',
};

interface Printed {
  readonly name: string;
  readonly vms: Readonly<Record<string, { readonly cpus: number; readonly ports: unknown; readonly env: unknown }>>;
}

scenario(
  'a project of several files',
  () => ({ files: FILES }),
  (obligation) => {
    obligation('is found from below, with its override and its variables, and hides its secrets', async (box) => {
      const cwd = join(box.project, 'other');
      const text = await box.ok(['config', '--format', 'json'], { cwd });
      const { name, vms } = JSON.parse(text) as Printed;
      expect([name, Object.keys(vms)]).toEqual(['project', ['db', 'web']]);
      expect(vms['web']).toMatchObject({ cpus: 2, memory: '3GiB', ports: ['8080:81'] });
      expect(text).not.toMatch(/supersecret|postgres/u);
      for (const option of ['--variables', '--sources', '--environment']) {
        expect(await box.ok(['config', option], { cwd })).not.toMatch(/supersecret|postgres/u);
      }
      expect(await box.ok(['config', '--reveal'], { cwd })).toContain('supersecret');
    });

    obligation('says where each value comes from', async (box) => {
      const text = await box.ok(['config', '--sources'], { env: { CPUS: '5' } });
      expect(text).toMatch(/vms\.web\.memory +3GiB +.*ai-vm\.override\.toml:3:10/u);
      expect(text).toMatch(/vms\.web\.cpus +5 +.*ai-vm\.yaml:4:15 +\(\$\{CPUS:-2\}; CPUS from the environment\)/u);
      expect(text).toMatch(/vms\.db\.memory +"8GiB" +default/u);
      expect(text).not.toMatch(/vms\.web\.(memory|ports) .*default/u);
    });

    obligation('is what files, stdin, environment and profiles make of it', async (box) => {
      const vms = async (args: string[], options = {}): Promise<string> =>
        box.ok([...args, 'config', '--vms'], options);
      expect(await vms(['-f', 'other/one.yaml', '-f', 'other/two.yaml'])).toBe('one\ntwo\n');
      expect(await vms([], { env: { AI_VM_FILE: 'other/one.yaml:other/two.yaml' } })).toBe('one\ntwo\n');
      expect(await vms(['-C', 'other', '-f', 'one.yaml'])).toBe('one\n');
      expect(await vms(['-f', '-'], { input: 'vms: {piped: }\n' })).toBe('piped\n');
      expect(await vms(['--profile', 'full'])).toBe('db\nextra\nweb\n');
      expect(await vms([], { env: { AI_VM_PROFILES: 'full' } })).toBe('db\nextra\nweb\n');
      const named = await box.ok(['config', '-p', 'Our Shop']).catch(() => box.ok(['-p', 'Our Shop', 'config']));
      expect(named).toContain('name: ourshop');
      const two = await box.ok(['config', '-f', 'other/one.yaml', '-f', 'other/two.yaml', '--format', 'json']);
      expect((JSON.parse(two) as Printed).vms['one']?.cpus).toBe(7);
    });

    obligation('reads the same again, whichever way it is printed', async (box) => {
      const plain = await box.ok(['config', '--reveal', '--format', 'json']);
      for (const kind of ['yaml', 'toml', 'json']) {
        box.write(
          `again/ai-vm.${kind === 'toml' ? 'toml' : 'yaml'}`,
          await box.ok(['config', '--reveal', '--format', kind]),
        );
        expect(await box.ok(['-C', 'again', 'config', '--reveal', '--format', 'json'])).toBe(plain);
        rmSync(join(box.project, 'again'), { recursive: true });
      }
    });

    obligation('starts a machine after those that it depends on', async (box) => {
      const { steps } = JSON.parse(await box.ok(['plan', 'web', '--format', 'json'])) as {
        steps: { id: string; needs: string[] }[];
      };
      expect(steps.find(({ id }) => id === 'start:web')?.needs).toContain('ready:db');
    });

    obligation('has nothing of a file that lies elsewhere in a message, links or not', async (box) => {
      mkdirSync(join(box.dir, 'outside'), { recursive: true });
      box.write('../outside/x.yaml', 'vms: {secret: {cpus: nonsense-of-another-file}}\n');
      symlinkSync(join(box.dir, 'outside'), join(box.project, 'link'));
      for (const file of ['../outside/x.yaml', 'link/x.yaml']) {
        box.write('bad.yaml', `vms: {a: {extends: {file: ${file}, vm: secret}}}\n`);
        const { code, stderr } = await box.cli(['-f', 'bad.yaml', 'validate']);
        expect([code, stderr]).toEqual([65, expect.not.stringContaining('nonsense')]);
      }
    });

    obligation(
      'makes nothing of a file that lies elsewhere before that is allowed, each time that it changes',
      async (box) => {
        mkdirSync(join(box.dir, 'elsewhere'), { recursive: true });
        const outer = (text: string): void => box.write('../elsewhere/o.yaml', text);
        outer('vms: {outer: {env: {PLAIN: words-of-another-file}}}\n');
        box.write('ai-vm.yaml', 'include: [../elsewhere/o.yaml]\nvms: {web: }\n');
        box.write('ai-vm.override.toml', '');
        const refused = async (): Promise<void> => {
          for (const verb of ['up', 'config']) {
            const { code, stderr, stdout } = await box.cli([verb]);
            expect([verb, code, stderr]).toEqual([verb, 1, expect.stringContaining('approval.needed')]);
            expect(stderr).toContain('outer wants to come from');
            expect(stderr + stdout).not.toContain('words-of-another-file');
          }
        };
        await refused();
        expect(await box.ok(['approve', '--yes'])).toContain('elsewhere/o.yaml, as it is now (include)');
        expect(await box.ok(['config'])).toContain('words-of-another-file');
        outer('vms: {outer: {env: {PLAIN: words-of-another-file}, cpus: 1}}\n');
        await refused();
      },
    );

    obligation('fetches a file of a repository once that is allowed, and needs no network after it', async (box) => {
      const served = join(box.dir, 'served');
      mkdirSync(served);
      const server = await serveRepository(served, { 'db.yaml': 'vms: {db: {ports: ["0.0.0.0:7000:7000"]}}\n' });
      box.write('ai-vm.yaml', `include: ["${server.url}#${server.commit}:db.yaml"]\nvms: {web: }\n`);
      box.write('ai-vm.override.toml', '');
      const refused = await box.cli(['up']);
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('approval.needed')]);
      expect(await box.ok(['approve', '--list'])).toContain(`wants to take in ${server.url}#${server.commit}:db.yaml`);
      expect(server.requests()).toBe(0);
      await box.ok(['approve', '--yes']);
      expect(server.requests()).toBe(0);
      expect(await box.ok(['config', '--vms'])).toBe('db\nweb\n');
      await server.close();
      expect(await box.ok(['approve', '--yes'])).toContain('be reached from other computers at 0.0.0.0:7000/tcp');
      expect(await box.ok(['config'])).toContain('0.0.0.0:7000');
      box.write('ai-vm.yaml', `include: ["${server.url}#${'0'.repeat(40)}"]\nvms: {web: }\n`);
      await box.ok(['approve', '--yes']);
      const gone = await box.cli(['validate']);
      expect([gone.code, gone.stderr]).toEqual([65, expect.stringContaining('config.unreachable')]);
      await box.ok(['ps']);
    });

    obligation('prints the schema that it is checked with', async (box) => {
      expect(JSON.parse(await box.ok(['config', '--schema']))).toMatchObject({ properties: { vms: {} } });
    });
  },
);
