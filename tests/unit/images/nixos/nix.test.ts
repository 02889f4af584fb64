import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isOld, requireNix, runNix } from '../../../../src/images/nixos/nix.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ai-vm-nix-'));
});
afterEach(() => rm(dir, { recursive: true }));

/** A stand-in on PATH. */
async function nix(script: string): Promise<{ readonly PATH: string }> {
  const path = join(dir, 'nix');
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return { PATH: `${dir}:${process.env['PATH'] ?? ''}` };
}

const run = (args: readonly string[], env: Record<string, string>, ssh = false): Promise<string> =>
  runNix(args, { env, log: join(dir, 'log'), progress: () => undefined, failing: 'it failed', ssh });

const lines = async (name: string): Promise<string[]> => (await readFile(join(dir, name), 'utf8')).split('\n');

describe('requireNix', () => {
  it('says what to do without Nix, or with one that is too old', async () => {
    await expect(requireNix({ PATH: '/nowhere' })).rejects.toMatchObject({ code: 'host.missing' });
    const env = await nix('echo "nix (Nix) 2.3.16"');
    await expect(requireNix(env)).rejects.toMatchObject({ message: expect.stringContaining('2.3.16') as unknown });
    await nix('echo "nix (Nix) 2.34.8"');
    await expect(requireNix(env)).resolves.toBeUndefined();
  });

  it.each([
    ['2.3.16', true],
    ['2.7.0', true],
    ['2.8.0', false],
    ['2.18.1', false],
    ['2.30pre20250101_abc', false],
    ['3.0', false],
    ['1.11', true],
  ])('takes %s for too old: %s', (version, old) => expect(isOld(version)).toBe(old));
});

describe('runNix', () => {
  it('gives each word as it is, with flakes on, and neither registries nor settings of flakes', async () => {
    const env = await nix(`for word; do printf '%s\\n' "$word"; done >${dir}/words; printf answer`);
    expect(await run(['build', '--json', 'path:/x y#"$(id)"'], env)).toBe('answer');
    const words = await lines('words');
    expect(words[0]).toBe('build');
    expect(words).toEqual(expect.arrayContaining(['nix-command flakes', 'path:/x y#"$(id)"']));
    expect(words.join(' ')).toContain('--option accept-flake-config false --option use-registries false');
  });

  it('hands on what Nix goes by, and nothing that is secret', async () => {
    const env = await nix(`env >${dir}/env; pwd >${dir}/cwd`);
    const given = {
      ...env,
      HOME: '/home/ann',
      NIX_CONFIG: 'cores = 1',
      https_proxy: 'http://proxy',
      API_TOKEN: 'secret',
    };
    const ssh = { SSH_AUTH_SOCK: '/agent', GIT_SSH_COMMAND: 'evil', GIT_ALLOW_PROTOCOL: 'ext' };
    await run(['build'], { ...given, ...ssh });
    const without = await lines('env');
    expect(without).toEqual(expect.arrayContaining(['NIX_CONFIG=cores = 1', 'https_proxy=http://proxy']));
    expect(without).toEqual(expect.arrayContaining(['GIT_ALLOW_PROTOCOL=https', 'GIT_TERMINAL_PROMPT=0']));
    expect(without.join('\n')).not.toMatch(/secret|agent|evil|ext$/mu);
    expect(await lines('cwd')).toEqual(['/', '']);
    await run(['build'], { ...given, ...ssh }, true);
    expect(await lines('env')).toEqual(
      expect.arrayContaining(['SSH_AUTH_SOCK=/agent', 'GIT_ALLOW_PROTOCOL=https:ssh']),
    );
  });

  it('ends a Nix that will not end by itself', async () => {
    const env = await nix(`trap '' TERM INT; touch ${dir}/there; while :; do sleep 0.1; done`);
    const controller = new AbortController();
    const started = runNix(['build'], {
      ...{ env, log: join(dir, 'log'), progress: () => undefined, failing: 'it failed', ssh: false },
      ...{ signal: controller.signal, patience: 200 },
    });
    while (!(await readFile(join(dir, 'there')).catch(() => null))) await new Promise((done) => setTimeout(done, 10));
    controller.abort(new Error('enough'));
    await expect(started).rejects.toThrow('enough');
  });
});
