import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProjectPaths } from '../../../src/model/machine.ts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pushLayer } from '../../../src/app/layers.ts';
import { createDisk, growDisk } from '../../../src/app/disk.ts';
import type { Bundle } from '../../../src/model/image.ts';
import { MiB } from '../../../src/model/units.ts';
import { readQcow2 } from '../../../src/qemu/qcow2.ts';
import { bundle as someBundle, runAs } from '../../fixtures/machines.ts';

let dir = '';
let bundle: Bundle;
let disk = '';
const { signal } = new AbortController();
const img = (...args: string[]): void => void execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', ...args]);

beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'ai-vm-disk-')));
  img(join(dir, 'root.qcow2'), '4M');
  const { manifest } = someBundle;
  bundle = { dir, manifest: { ...manifest, disk: { ...manifest.disk, virtualSize: 4 * MiB } } };
  disk = join(dir, 'disk.qcow2');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const project = (): ProjectPaths => ({
  ...{ state: dir, runtime: dir, lock: join(dir, 'lock'), projectFile: join(dir, 'project.json') },
  ...{ watchLock: join(dir, 'watch.lock'), watchFile: join(dir, 'watch.json'), watchLog: join(dir, 'watch.log') },
  ...{ layers: join(dir, '.layers'), images: dir, approvals: dir, adHoc: dir, cache: dir, flakes: dir },
  recipes: { all: join(dir, 'exec'), own: join(dir, 'exec/p') },
});

const grow = (): Promise<void> => growDisk(disk, bundle, project(), 16 * MiB, runAs, signal);

describe('createDisk', () => {
  it('makes a disk on the image, and leaves one alone that is there', async () => {
    await createDisk(disk, bundle, 8 * MiB, signal);
    await createDisk(disk, bundle, 32 * MiB, signal);
    expect(await readQcow2(disk)).toMatchObject({ virtualSize: 8 * MiB, backingFile: join(dir, 'root.qcow2') });
  });

  it('does not overwrite what is left of a damaged disk', async () => {
    writeFileSync(disk, 'somebody else has written here');
    await expect(createDisk(disk, bundle, 8 * MiB, signal)).rejects.toMatchObject({ code: 'disk.missing' });
    expect(readFileSync(disk, 'utf8')).toBe('somebody else has written here');
  });
});

describe('growDisk', () => {
  it('takes a disk that stands on the image by way of layers of the project, and on no others', async () => {
    const { layer } = await (async () => {
      await createDisk(disk, bundle, 8 * MiB, signal);
      return pushLayer(disk, project(), runAs, signal);
    })();
    await grow();
    expect(await readQcow2(disk)).toMatchObject({ virtualSize: 16 * MiB, backingFile: layer });
    const elsewhere = join(dir, 'elsewhere.qcow2');
    img('-b', join(dir, 'root.qcow2'), '-F', 'qcow2', elsewhere, '8M');
    rmSync(disk);
    img('-b', elsewhere, '-F', 'qcow2', disk, '8M');
    await expect(grow()).rejects.toMatchObject({ code: 'disk.missing' });
  });

  it('grows and never shrinks', async () => {
    await createDisk(disk, bundle, 8 * MiB, signal);
    await grow();
    await growDisk(disk, bundle, project(), 8 * MiB, runAs, signal);
    expect((await readQcow2(disk))?.virtualSize).toBe(16 * MiB);
  });

  it.each([
    ['stands on another file of the host', (secret: string) => img('-b', secret, '-F', 'raw', disk, '8M')],
    ['keeps its contents in another file', (secret: string) => img('-o', `data_file=${secret}`, disk, '8M')],
    ['stands on nothing', () => img(disk, '8M')],
    [
      'is a symlink',
      () => {
        img('-b', join(dir, 'root.qcow2'), '-F', 'qcow2', join(dir, 'other.qcow2'), '8M');
        symlinkSync(join(dir, 'other.qcow2'), disk);
      },
    ],
    [
      'keeps its contents elsewhere and yet stands on the image',
      (secret: string) => {
        img('-o', `data_file=${secret}`, disk, '8M');
        execFileSync('qemu-img', ['rebase', '-u', '-F', 'qcow2', '-b', join(dir, 'root.qcow2'), disk]);
      },
    ],
  ])('refuses a disk that %s', async (_what, plant) => {
    const secret = join(dir, 'secret');
    writeFileSync(secret, Buffer.alloc(MiB, 's'));
    plant(secret);
    const before = [statSync(disk).size, statSync(secret).size];
    await expect(grow()).rejects.toMatchObject({ code: 'disk.missing' });
    expect([statSync(disk).size, statSync(secret).size]).toEqual(before);
  });
});
