import { describe, expect, it } from '@jest/globals';
import { parseManifest } from '../../../src/images/manifest.ts';
import type { Manifest } from '../../../src/model/image.ts';

const hash = 'a'.repeat(64);

const manifest: Manifest = {
  formatVersion: 1,
  digest: 'b'.repeat(64),
  provider: 'debian',
  arch: 'x86_64',
  boot: { kernel: 'vmlinux', initrd: 'initrd.img', params: ['audit=0'] },
  disk: { file: 'root.qcow2', format: 'qcow2', virtualSize: 1 << 30 },
  versions: { distribution: 'debian 13.7', kernel: '6.12.1-amd64', systemd: 257 },
  features: ['9p'],
  agents: ['claude'],
  files: { vmlinux: hash, 'initrd.img': hash, 'root.qcow2': hash },
  sizes: { vmlinux: 1, 'initrd.img': 2, 'root.qcow2': 3 },
};

/** The manifest with one field replaced, as text. */
function changed(path: string, value: unknown): string {
  const copy = JSON.parse(JSON.stringify(manifest)) as Record<string, unknown>;
  const keys = path.split('/');
  const last = keys.pop()!;
  let at = copy;
  for (const key of keys) at = at[key] as Record<string, unknown>;
  // JSON leaves out what is undefined.
  at[last] = value;
  return JSON.stringify(copy);
}

describe('parseManifest', () => {
  it('reads what was written', () => {
    expect(parseManifest(JSON.stringify(manifest))).toEqual(manifest);
  });

  it.each(['', '{', 'null', '[]', '"text"', '42', JSON.stringify(manifest).slice(0, -10)])('refuses %j', (text) => {
    expect(parseManifest(text)).toBeNull();
  });

  it.each([
    ['formatVersion', 2],
    ['digest', 'short'],
    ['digest', 'B'.repeat(64)],
    ['provider', 'other'],
    ['store', { file: '../x', format: 'erofs' }],
    ['store', { file: 'root.qcow2', format: 'ext4' }],
    ['store', 'root.qcow2'],
    ['arch', 'riscv'],
    ['boot', null],
    ['boot/kernel', '../../etc/shadow'],
    ['boot/kernel', '/etc/shadow'],
    ['boot/kernel', 'not-recorded'],
    ['boot/kernel', '-initrd'],
    ['boot/initrd', ''],
    ['boot/params', 'quiet'],
    ['boot/params', ['quiet init=/bin/sh']],
    ['boot/params', ['a\nb']],
    ['disk/file', 'a,readonly=off'],
    ['disk/format', 'raw'],
    ['disk/virtualSize', -1],
    ['disk/virtualSize', 1.5],
    ['disk/virtualSize', '1'],
    ['versions/systemd', '257'],
    ['versions/distribution', '\u001b[31m'],
    ['features', [1]],
    ['agents', { length: 1 }],
    ['files/vmlinux', 'zz'],
    ['files', { ['__proto__']: hash }],
    ['files', { constructor: hash }],
    ['sizes/vmlinux', undefined],
    ['sizes/root.qcow2', 0],
    ['sizes', []],
  ])('refuses %s = %j', (path, value) => {
    expect(parseManifest(changed(path, value))).toBeNull();
  });
});
