import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { knownProjectAt } from '../../../src/host/known-projects.ts';
import { projectPaths, type HostEnv, type ProjectPlace } from '../../../src/host/paths.ts';

describe('knownProjectAt', () => {
  let home: string;
  let env: HostEnv;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'ai-vm-known-'));
    env = { uid: 0, dataHome: home, cacheHome: home, runtimeHome: home, images: home, realm: '' };
  });
  afterEach(() => rm(home, { recursive: true }));

  async function record(place: ProjectPlace, text = JSON.stringify({ formatVersion: 1, ...place })): Promise<void> {
    const file = projectPaths(place, env).projectFile;
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  const place = (name: string, dir: string): ProjectPlace => ({ name, dir, location: 'user' });

  it('finds the nearest project at or above a directory', async () => {
    await record(place('outer', '/src'));
    await record(place('inner', '/src/app'));
    expect(await knownProjectAt('/src/app/lib', env)).toEqual(place('inner', '/src/app'));
    expect(await knownProjectAt('/src/app', env)).toEqual(place('inner', '/src/app'));
    expect(await knownProjectAt('/src/apple', env)).toEqual(place('outer', '/src'));
    expect(await knownProjectAt('/srcs', env)).toBeNull();
  });

  it('believes no record that is broken, or that lies where it does not belong', async () => {
    await record(place('broken', '/src'), '{');
    await record(place('empty', '/src'), '{}');
    await record(place('moved', '/elsewhere'), JSON.stringify(place('moved', '/src')));
    expect(await knownProjectAt('/src', env)).toBeNull();
  });

  it('finds nothing where nothing was ever prepared', async () => {
    await rm(home, { recursive: true });
    expect(await knownProjectAt('/src', env)).toBeNull();
    await mkdir(home);
  });
});
