/** Planning through the bundle, where no machine has to run. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';

const FILE = 'vms:\n  dev: {cpus: 1, memory: 768MiB, storage: 8GiB, ports: ["48080:80"]}\n';
/** What changes a machine. */
const EXECUTOR = /^src\/(reconcile\/(execute|adjust)\.ts|app\/steps\/)/u;

/** The modules that a command runs, as paths: in the bundle each is a function with that name. */
async function loadedBy(box: Sandbox, args: readonly string[]): Promise<{ sources: string[]; code: number }> {
  const dir = mkdtempSync(join(box.dir, 'loaded-'));
  const { code } = await box.cli(args, { env: { NODE_V8_COVERAGE: dir } });
  type Coverage = { result: { functions: { functionName: string; ranges: { count: number }[] }[] }[] };
  const sources = readdirSync(dir)
    .flatMap((name) => (JSON.parse(readFileSync(join(dir, name), 'utf8')) as Coverage).result)
    .flatMap(({ functions }) => functions)
    .filter(({ ranges }) => (ranges[0]?.count ?? 0) > 0)
    .map(({ functionName }) => functionName);
  rmSync(dir, { recursive: true });
  return { sources, code };
}

scenario(
  'a project that has never been up',
  () => ({ files: { 'ai-vm.yaml': FILE } }),
  (obligation) => {
    obligation('is planned for without loading what could change a machine', async (box) => {
      for (const args of [['plan'], ['plan', '--restart'], ['up', '--dry-run']]) {
        const { sources, code } = await loadedBy(box, args);
        expect(code).toBe(0);
        expect(sources.filter((source) => source === 'src/reconcile/plan.ts')).toHaveLength(1);
        expect(sources.filter((source) => EXECUTOR.test(source))).toEqual([]);
      }
      // It would be seen if it were there.
      const { sources } = await loadedBy(box, ['down']);
      expect(sources.filter((source) => EXECUTOR.test(source)).length).toBeGreaterThan(5);
    });

    obligation('has a plan that says whether there is anything to do', async (box) => {
      expect((await box.cli(['plan', '--detailed-exitcode'])).code).toBe(2);
      expect((await box.cli(['plan'])).code).toBe(0);
      expect((await box.cli(['plan', 'nope', '--detailed-exitcode'])).code).toBe(64);
    });

    obligation('keeps a plan for later, for its owner only', async (box) => {
      const file = join(box.project, 'plan.json');
      const stdout = await box.ok(['plan', '--out', 'plan.json']);
      expect(stdout).toBe(await box.ok(['plan']));
      expect(statSync(file).mode & 0o777).toBe(0o600);
      const text = readFileSync(file, 'utf8');
      expect(await box.ok(['plan', '--out', '-'])).toBe(text);
      // Fresh, by file and by pipe.
      expect(await box.ok(['up', '--plan', 'plan.json', '--dry-run'])).toBe(stdout);
      expect(await box.ok(['up', '--plan', '-', '--dry-run'], { input: text })).toBe(stdout);
    });

    obligation('refuses a plan that is stale, and says in what, before anything is done', async (box) => {
      box.write('ai-vm.yaml', FILE.replace('48080', '48081').replace('8GiB', '9GiB'));
      for (const more of [['--dry-run'], []]) {
        const { code, stderr } = await box.cli(['up', '--plan', 'plan.json', ...more]);
        expect(code).toBe(1);
        expect(stderr).toContain('dev is declared otherwise: storage, ports');
        expect(stderr).toContain('docs/errors.md#planstale');
      }
      expect(await box.ok(['ps', '--format', 'json'])).toContain('"state": "absent"');
      box.write('ai-vm.yaml', FILE);
    });

    obligation('deletes no disk for a plan without --yes', async (box) => {
      await box.ok(['plan', '--recreate', 'dev', '--out', 'again.json']);
      const { code, stderr } = await box.cli(['up', '--plan', 'again.json']);
      expect([code, stderr]).toEqual([64, expect.stringContaining('recreating dev deletes what is on the disk')]);
    });

    obligation('takes for a plan only what is one', async (box) => {
      const cases: [string, string][] = [
        ['{', 'not JSON'],
        ['{"formatVersion": 1}', 'not of the expected shape'],
        [`"${'x'.repeat(5_000_000)}"`, 'too large'],
      ];
      for (const [text, why] of cases) {
        box.write('bad.json', text);
        const runs = [
          await box.cli(['up', '--plan', 'bad.json']),
          await box.cli(['up', '--plan', '-'], { input: text }),
          ...(why === 'too large' ? [] : [await box.cli(['up', '--plan', 'bad.json', '--dry-run'])]),
        ];
        for (const { code, stderr } of runs) expect([code, stderr]).toEqual([64, expect.stringContaining(why)]);
      }
      expect((await box.cli(['up', '--plan', 'missing.json'])).stderr).toContain('missing');
      for (const other of [['dev'], ['--restart'], ['--recreate', 'dev', '--yes'], ['--cold'], ['--remove-orphans']]) {
        expect((await box.cli(['up', '--plan', 'plan.json', ...other])).code).toBe(64);
      }
    });
  },
);
