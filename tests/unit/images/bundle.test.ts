import { mkdir, mkdtemp, readFile, rm, stat, symlink, truncate, writeFile, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findBundle, sealBundle, verifyBundle } from '../../../src/images/bundle.ts';
import type { Manifest } from '../../../src/model/image.ts';

const digest = 'd'.repeat(64);
let images: string;
let dir: string;

const unsealed: Omit<Manifest, 'files' | 'sizes'> = {
  formatVersion: 1,
  digest,
  provider: 'debian',
  arch: 'x86_64',
  boot: { kernel: 'vmlinux', initrd: 'initrd.img', params: [] },
  disk: { file: 'root.qcow2', format: 'qcow2', virtualSize: 4096 },
  versions: { distribution: 'debian 13', kernel: '6.12', systemd: 257 },
  features: [],
  agents: [],
};

beforeEach(async () => {
  images = await mkdtemp(join(tmpdir(), 'ai-vm-bundle-'));
  dir = join(images, digest);
  await mkdir(dir, { mode: 0o700 });
  await writeFile(join(dir, 'vmlinux'), 'kernel');
  await writeFile(join(dir, 'initrd.img'), 'initrd');
  await writeFile(join(dir, 'root.qcow2'), 'disk');
  await sealBundle(dir, unsealed);
});

afterEach(() => rm(images, { recursive: true }));

/** Replaces a sealed file, as a careless hand would. */
async function overwrite(name: string, text: string): Promise<void> {
  await chmod(join(dir, name), 0o644);
  await writeFile(join(dir, name), text);
}

describe('sealBundle', () => {
  it('leaves files that anyone may read and nobody may write', async () => {
    for (const name of ['vmlinux', 'initrd.img', 'root.qcow2', 'manifest.json']) {
      expect((await stat(join(dir, name))).mode & 0o777).toBe(0o444);
    }
    expect((await stat(dir)).mode & 0o777).toBe(0o755);
  });

  it('records SHA-256 and size of each file', async () => {
    const manifest = JSON.parse(await readFile(join(dir, 'manifest.json'), 'utf8')) as Manifest;
    expect(manifest.sizes).toEqual({ vmlinux: 6, 'initrd.img': 6, 'root.qcow2': 4 });
    // printf kernel | sha256sum
    expect(manifest.files['vmlinux']).toBe('6923dd1bc0460082c5d55a831908c24a282860b7f1cd6c2b79cf1bc8857c639c');
  });
});

describe('findBundle', () => {
  it('finds a whole one', async () => {
    const bundle = await findBundle(images, digest);
    expect(bundle?.dir).toBe(dir);
    expect(bundle?.manifest.digest).toBe(digest);
  });

  it('asks for a digest, not a path', async () => {
    expect(await findBundle(images, `../${images.split('/').pop()}/${digest}`)).toBeNull();
    expect(await findBundle(images, '')).toBeNull();
  });

  it('does not find one that is missing, or under another digest', async () => {
    expect(await findBundle(images, 'e'.repeat(64))).toBeNull();
    await symlink(dir, join(images, 'e'.repeat(64)));
    expect(await findBundle(images, 'e'.repeat(64))).toBeNull();
  });

  it('does not find one with a file missing, cut off, or replaced by a link', async () => {
    await chmod(join(dir, 'root.qcow2'), 0o644);
    await truncate(join(dir, 'root.qcow2'), 3);
    expect(await findBundle(images, digest)).toBeNull();
    await rm(join(dir, 'root.qcow2'));
    expect(await findBundle(images, digest)).toBeNull();
    await symlink('/etc/hostname', join(dir, 'root.qcow2'));
    expect(await findBundle(images, digest)).toBeNull();
  });

  it('does not find one whose manifest is damaged', async () => {
    const text = await readFile(join(dir, 'manifest.json'), 'utf8');
    await overwrite('manifest.json', text.slice(0, text.length / 2));
    expect(await findBundle(images, digest)).toBeNull();
  });
});

describe('findBundle of what Nix has built', () => {
  let built: string;

  beforeEach(async () => {
    const store = join(images, 'store');
    built = join(store, 'guest');
    await mkdir(built, { recursive: true });
    for (const name of ['initrd.img', 'root.qcow2']) await writeFile(join(built, name), name);
    await writeFile(join(store, 'kernel'), 'vmlinux');
    await symlink(join(store, 'kernel'), join(built, 'vmlinux'));
    await rm(dir, { recursive: true });
    await symlink(built, dir);
  });

  it('has the name that it was asked for, and files that are links within the store', async () => {
    await writeManifest(7);
    expect(await findBundle(images, digest)).toMatchObject({ dir, manifest: { provider: 'nixos', digest } });
  });

  it('is none where a file is cut off, or a link leads out of the store', async () => {
    await writeManifest(8);
    expect(await findBundle(images, digest)).toBeNull();
    await writeManifest(7);
    await writeFile(join(images, 'out'), 'vmlinux');
    await rm(join(built, 'vmlinux'));
    await symlink(join(images, 'out'), join(built, 'vmlinux'));
    expect(await findBundle(images, digest)).toBeNull();
  });

  async function writeManifest(kernel: number): Promise<void> {
    const sha = 'f'.repeat(64);
    const manifest: Manifest = {
      ...{ ...unsealed, provider: 'nixos', digest: 'e'.repeat(64) },
      files: { vmlinux: sha, 'initrd.img': sha, 'root.qcow2': sha },
      sizes: { vmlinux: kernel, 'initrd.img': 10, 'root.qcow2': 10 },
    };
    await rm(join(built, 'manifest.json'), { force: true });
    await writeFile(join(built, 'manifest.json'), JSON.stringify(manifest));
  }
});

describe('verifyBundle', () => {
  it('accepts what was sealed', async () => {
    await expect(verifyBundle((await findBundle(images, digest))!)).resolves.toBeUndefined();
  });

  it('finds a changed byte that the size does not show', async () => {
    await overwrite('vmlinux', 'kernfl');
    const bundle = await findBundle(images, digest);
    await expect(verifyBundle(bundle!)).rejects.toMatchObject({
      code: 'image.corrupt',
      message: expect.stringContaining('vmlinux') as unknown,
    });
  });
});
