/** `ai-vm/config` as another package has it: from what is packed, and with nothing else installed. */
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';

const ROOT = resolve(import.meta.dirname, '../..');
let top = '';

const FILES: Readonly<Record<string, string>> = {
  'package.json': '{"name": "consumer", "private": true, "type": "module"}',
  'project/ai-vm.yaml': 'vms: {web: {cpus: "${N}", ports: ["8080:80"], env: {A: $A}}}\n',
  'project/ai-vm.override.toml': '[vms.web]\nports = ["8080:81"]\n',
  'project/.env': 'N=3\nA=file\n',
  'broken/ai-vm.yaml': 'vms:\n  web:\n    cpu: 2\n',
};

function put(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(top, name)), { recursive: true });
    writeFileSync(join(top, name), text);
  }
}

/** Runs a module of the package, and gives what it prints as JSON. */
async function run(code: string): Promise<unknown> {
  put({ 'main.js': code });
  const { stdout } = await execa(process.execPath, ['main.js'], {
    cwd: top,
    env: { PATH: process.env['PATH'] },
    extendEnv: false,
  });
  return JSON.parse(stdout) as unknown;
}

beforeAll(async () => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'ai-vm-library-')));
  put(FILES);
  const packed = await execa('npm', ['pack', '--offline', '--json', '--pack-destination', top], {
    cwd: ROOT,
    env: { npm_config_loglevel: 'error' },
  });
  const [{ filename }] = JSON.parse(packed.stdout.slice(packed.stdout.indexOf('['))) as [{ filename: string }];
  // What npm does with a package that has all it needs in itself.
  await execa('tar', ['xf', filename], { cwd: top });
  mkdirSync(join(top, 'node_modules'));
  cpSync(join(top, 'package'), join(top, 'node_modules/ai-vm'), { recursive: true });
}, 300_000);

afterAll(() => rmSync(top, { recursive: true, force: true }));

describe('ai-vm/config', () => {
  it('loads a project, and says where its values come from', async () => {
    const code = `
import { load } from 'ai-vm/config';
const { desired, warnings, origins } = await load({ cwd: 'project', env: { A: 'own' } });
console.log(JSON.stringify({ desired, warnings, origins }));`;
    expect(await run(code)).toMatchObject({
      desired: {
        name: 'project',
        files: [join(top, 'project/ai-vm.yaml'), join(top, 'project/ai-vm.override.toml')],
        vms: [{ name: 'web', cpus: 3, env: { A: 'own' }, ports: [{ host: 8080, guest: 81 }] }],
        drawn: [{ variable: 'A', vm: 'web', field: 'vms.web.env.A' }],
      },
      warnings: [],
      origins: expect.arrayContaining([
        expect.objectContaining({
          field: 'vms.web.ports[0]',
          position: expect.objectContaining({ file: join(top, 'project/ai-vm.override.toml'), line: 2, column: 10 }),
        }),
      ]),
    });
  });

  it('throws all that is wrong, each with its place', async () => {
    const code = `
import { ConfigError, load, renderError } from 'ai-vm/config';
const error = await load({ cwd: 'broken', env: {} }).catch((error) => error);
const { position, ...rest } = error.diagnostics[0];
console.log(JSON.stringify({ known: error instanceof ConfigError, ...rest, line: position.line, text: renderError(error, { color: false }) }));`;
    expect(await run(code)).toMatchObject({
      known: true,
      code: 'config.unknown-key',
      hint: 'It is called \`cpus\` here.',
      line: 3,
      text: expect.stringContaining('    |     ^^^'),
    });
  });

  it('interpolates, reads files of variables, merges, and knows the schema', async () => {
    const code = `
import { interpolate, merge, parseDotenv, schema, TemplateError } from 'ai-vm/config';
const attempt = (make) => { try { return make(); } catch (error) { return [error instanceof TemplateError, error.kind, error.offset]; } };
console.log(JSON.stringify({
  text: interpolate('\${A:-\${B}}-$$', { B: 'b' }),
  missing: attempt(() => interpolate('x \${A:?why}', {})),
  variables: parseDotenv('A=1\\nB="$A $C"\\n', { C: 'c' }),
  merged: merge({ vms: { web: { ports: ['80:1', '81'], env: ['A=1'] } } }, { vms: { web: { ports: ['80:2'], env: { B: '2' } } } }),
  title: schema().title,
}));`;
    expect(await run(code)).toEqual({
      text: 'b-$',
      missing: [true, 'required', 2],
      variables: { A: '1', B: '1 c' },
      merged: { vms: { web: { ports: ['80:2', '81'], env: { A: '1', B: '2' } } } },
      title: 'ai-vm configuration',
    });
  });

  it('has types', async () => {
    const code = `
import { interpolate, load, merge, type ConfigFile, type VmConfig } from 'ai-vm/config';
const { desired } = await load();
const vms: readonly VmConfig[] = desired.vms;
const file: ConfigFile = merge({ vms: { dev: { cpus: 2 } } }, {});
const text: string = interpolate('', {});
// @ts-expect-error: a number is no template
interpolate(1, {});
// @ts-expect-error: there is no such field
merge({ vms: { dev: { cpu: 2 } } }, {});
export { file, text, vms };
`;
    const compilerOptions = { noEmit: true, strict: true, module: 'nodenext', target: 'es2023', types: [] };
    put({ 'types.ts': code, 'tsconfig.json': JSON.stringify({ compilerOptions, files: ['types.ts'] }) });
    const { stdout } = await execa(join(ROOT, 'node_modules/.bin/tsc'), ['-p', top], { reject: false });
    expect(stdout).toBe('');
  }, 120_000);
});
