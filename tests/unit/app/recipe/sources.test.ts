import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sourcesOf } from '../../../../src/app/recipe/sources.ts';
import type { Project } from '../../../../src/app/context.ts';
import { paths } from '../../../fixtures/machines.ts';

let dir: string;
beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'ai-vm-sources-')));
  for (const name of ['lock', 'identity.json', 'applied.json', 'ai-vm.yaml']) writeFileSync(join(dir, name), '');
  mkdirSync(join(dir, 'sub/deep'), { recursive: true });
  writeFileSync(join(dir, 'sub/more.yaml'), '');
});
afterEach(() => rmSync(dir, { recursive: true }));

const at = (...names: string[]): string[] => names.map((name) => join(dir, name));

function sources(
  names: readonly string[],
  candidates: readonly string[] = [],
  cwd = '',
): Promise<readonly string[] | null> {
  const files = names.map((name) => (name.includes(':') ? name : join(dir, name)));
  const loaded = { candidates: candidates.map((name) => join(dir, name)) };
  const project = { dir, desired: { files }, loaded, paths: { lock: join(dir, 'lock') } };
  const machine = { ...paths(), identity: join(dir, 'identity.json'), applied: join(dir, 'applied.json') };
  return sourcesOf(project as unknown as Project, machine, join(dir, cwd));
}

describe('what a recipe depends on', () => {
  const own = ['lock', 'identity.json', 'applied.json', '.'];

  it('is files, their directories and those up to the project', async () => {
    expect(new Set(await sources(['ai-vm.yaml']))).toEqual(new Set(at('ai-vm.yaml', ...own)));
    expect(new Set(await sources(['ai-vm.yaml', 'sub/more.yaml'], ['sub/deep/none.yaml'], 'sub/deep'))).toEqual(
      new Set(at('ai-vm.yaml', 'sub/more.yaml', 'sub', 'sub/deep', ...own)),
    );
  });

  it('is also variables beside a file', async () => {
    for (const name of ['.env', 'sub/.env']) writeFileSync(join(dir, name), '');
    expect(await sources(['ai-vm.yaml', 'sub/more.yaml'])).toEqual(expect.arrayContaining(at('.env', 'sub/.env')));
  });

  it('is not to be known of links, repositories and what is not there', async () => {
    symlinkSync('ai-vm.yaml', join(dir, 'link.yaml'));
    symlinkSync('sub', join(dir, 'other'));
    for (const name of ['link.yaml', 'other/more.yaml', 'https://host/a.git#1:ai-vm.yaml', 'gone.yaml'])
      expect(await sources(['ai-vm.yaml', name])).toBeNull();
    expect(await sources(['ai-vm.yaml'], ['nowhere/none.yaml'])).toBeNull();
    rmSync(join(dir, 'applied.json'));
    expect(await sources(['ai-vm.yaml'])).toBeNull();
  });
});
