import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { imagesInUse } from '../../../src/app/in-use.ts';
import { projectPaths, resolveHostEnv, type HostEnv, type ProjectPlace } from '../../../src/host/paths.ts';
import { applied, vmConfig } from '../../fixtures/machines.ts';

let home: string;
let env: HostEnv;

const envOf = (vars: Record<string, string> = {}): HostEnv =>
  resolveHostEnv({ uid: 1000, home, tmp: '/tmp', vars, isPrivate: () => true });

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'ai-vm-in-use-'));
  env = envOf();
});
afterEach(() => rm(home, { recursive: true }));

const digest = (letter: string): string => letter.repeat(64);
const image = (letter: string): string => join(env.images, digest(letter), 'root.qcow2');

async function make(path: string, below?: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await execa('qemu-img', ['create', '-q', '-f', 'qcow2', ...(below ? ['-b', below, '-F', 'qcow2'] : []), path, '1M']);
  return path;
}

/** @returns where its machines are */
async function project(name: string, location: ProjectPlace['location'] = 'user'): Promise<string> {
  const place = { name, dir: join(home, name), location };
  const paths = projectPaths(place, env);
  await mkdir(dirname(paths.projectFile), { recursive: true });
  await writeFile(paths.projectFile, JSON.stringify(place));
  return paths.state;
}

describe('imagesInUse', () => {
  it('are those that disks, layers and snapshots of all projects stand on, wherever these keep them', async () => {
    for (const letter of ['a', 'b', 'c', 'd', 'e', 'f']) await make(image(letter));
    const [one, two] = [await project('one'), await project('two', 'project')];
    await make(join(one, 'dev/disk.qcow2'), image('a'));
    const layer = await make(join(one, '.layers/0123456789abcdef.qcow2'), image('b'));
    await make(join(one, 'web/disk.qcow2'), layer);
    await make(join(one, 'dev/snapshots/first/disk.qcow2'), image('c'));
    await make(join(two, 'dev/disk.qcow2'), image('d'));
    await mkdir(join(two, 'forgets'), { recursive: true });
    await writeFile(join(two, 'forgets/applied.json'), JSON.stringify(applied(vmConfig(), { image: digest('e') })));
    expect([...((await imagesInUse(env)) ?? [])].sort()).toEqual(['a', 'b', 'c', 'd', 'e'].map(digest));
  });

  it('cannot be known where others may have disks on them', async () => {
    await project('one');
    expect(await imagesInUse(envOf({ AI_VM_IMAGES: '/srv/images' }))).toBeNull();
    expect(await imagesInUse(env)).toEqual(new Set());
  });
});
