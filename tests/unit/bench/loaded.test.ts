/** What a command runs before it does anything: each package costs every call of it. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { build, type Metafile } from 'esbuild';

const ROOT = join(import.meta.dirname, '../../..');

let outputs: Metafile['outputs'];

beforeAll(async () => {
  const result = await build({
    absWorkingDir: ROOT,
    // Modules that the one file of the command line runs on demand would be chunks of their own here.
    entryPoints: ['src/main.ts', 'src/cli/run.ts'],
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  outputs = result.metafile.outputs;
});

/** Everything that is linked statically with `sources`, each of which is an entry of the bundle. */
function loadedWith(...sources: readonly string[]): string[] {
  const files = sources.map(
    (source) => Object.keys(outputs).find((file) => outputs[file]!.entryPoint === source) ?? '',
  );
  const seen = new Set<string>();
  for (let file = files.pop(); file !== undefined; file = files.pop()) {
    const output = outputs[file];
    if (seen.has(file) || !output) continue;
    seen.add(file);
    files.push(...output.imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => path));
  }
  return [...seen].flatMap((file) => Object.keys(outputs[file]!.inputs));
}

function packagesOf(inputs: readonly string[]): string[] {
  const names = inputs.flatMap((input) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? []);
  return [...new Set(names)].sort();
}

const COMMAND_LINE = ['src/main.ts', 'src/cli/run.ts'];

describe('what is loaded', () => {
  it('is nothing but itself for --version', () => {
    expect(loadedWith('src/main.ts').sort()).toEqual(['src/generated/version.ts', 'src/load.ts', 'src/main.ts']);
  });

  it.each(['up', 'plan', 'exec', 'ssh', 'down'])('with %s is the command line, and no parser of a file', (verb) => {
    const packages = packagesOf(loadedWith(...COMMAND_LINE, `src/cli/${verb}.ts`));
    expect(packages).toEqual(expect.arrayContaining(['commander']));
    expect(packages).not.toEqual(expect.arrayContaining(['yaml']));
    expect(packages).not.toEqual(expect.arrayContaining(['@iarna/toml']));
  });

  it('with a converged up holds nothing that starts processes, writes files or draws', () => {
    const inputs = loadedWith(...COMMAND_LINE, 'src/cli/up.ts', 'src/config/parse-yaml.ts');
    expect(packagesOf(inputs)).toEqual(['commander', 'picocolors', 'yaml']);
    expect(inputs.filter((input) => /^src\/(guest|app\/steps)\//.test(input))).toEqual([]);
    // Node's TLS, which both bring along, takes as long as all of ours.
    expect(inputs).not.toContain('src/host/trust.ts');
    expect(inputs).not.toContain('src/host/authority.ts');
  });
});
