import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { collect, layOutTree, treeDigests } from '../../../../src/images/nixos/trees.ts';

let root: string;
let outside: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ai-vm-tree-'));
  outside = await mkdtemp(join(tmpdir(), 'ai-vm-outside-'));
});
afterEach(() => Promise.all([root, outside].map((dir) => rm(dir, { recursive: true }))));

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

const names = async (...entries: string[]): Promise<string[]> => [...(await collect(root, entries)).keys()];

describe('collect', () => {
  it('follows relative paths from file to file, in circles too', async () => {
    await write('a/my.nix', 'import ../b.nix');
    await write('b.nix', '[ (import ./a/my.nix) ./c.txt ./not-there.nix ]');
    await write('c.txt', 'import ./d.nix');
    await write('d.nix', '');
    expect(await names('a/my.nix')).toEqual(['a/my.nix', 'b.nix', 'c.txt']);
  });

  it('takes all that is in a directory, but for what tools leave there', async () => {
    for (const path of ['dir/x.nix', 'dir/sub/y', 'dir/node_modules/z', 'dir/.git/config', 'dir/result/q'])
      await write(path, '1');
    await write('my.nix', './dir');
    expect(await names('my.nix')).toEqual(['dir/sub/y', 'dir/x.nix', 'my.nix']);
  });

  it('does not take the whole project for a flake that names itself', async () => {
    await write('flake.nix', '{ src = ./.; modules = ./nix; }');
    await write('src/main.c', '');
    await write('nix/vm.nix', '');
    expect(await names('flake.nix', 'flake.lock')).toEqual(['flake.nix', 'nix/vm.nix']);
  });

  it('refuses a path that leads out, and a link that does', async () => {
    await write('up.nix', 'import ../../etc/passwd');
    await expect(names('up.nix')).rejects.toMatchObject({
      code: 'image.source',
      message: expect.stringContaining('../../etc/passwd') as unknown,
    });
    await writeFile(join(outside, 'key'), 'secret');
    await write('my.nix', './key');
    await symlink(join(outside, 'key'), join(root, 'key'));
    await expect(names('my.nix')).rejects.toMatchObject({ code: 'config.unreadable' });
  });

  it('never looks into a directory that a link leads to', async () => {
    await writeFile(join(outside, 'key'), 'secret');
    await write('dir/x', '');
    await symlink(outside, join(root, 'dir/link'));
    await symlink(outside, join(root, 'linked'));
    await write('my.nix', '[ ./dir ./linked ]');
    expect(await names('my.nix')).toEqual(['dir/x', 'my.nix']);
  });

  it('stops where there is more than a guest is made from', async () => {
    await write('my.nix', './many');
    await mkdir(join(root, 'many'));
    await Promise.all(Array.from({ length: 2001 }, (_, n) => writeFile(join(root, 'many', String(n)), '')));
    await expect(names('my.nix')).rejects.toMatchObject({
      code: 'image.source',
      message: expect.stringContaining('2000') as unknown,
    });
  });

  it('says that a directory is not there', async () => {
    await expect(collect(join(root, 'gone'), ['x'])).rejects.toMatchObject({ code: 'image.source' });
  });

  it('tells a program from a text, and comes out as it went in', async () => {
    await write('run.sh', 'echo');
    const before = treeDigests(await collect(root, ['run.sh']));
    await chmod(join(root, 'run.sh'), 0o755);
    const tree = await collect(root, ['run.sh']);
    expect(treeDigests(tree)).not.toEqual(before);
    await layOutTree(join(outside, 'copy'), tree);
    expect((await stat(join(outside, 'copy/run.sh'))).mode & 0o777).toBe(0o755);
    expect(await readFile(join(outside, 'copy/run.sh'), 'utf8')).toBe('echo');
  });
});
