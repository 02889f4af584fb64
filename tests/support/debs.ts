/** Packages of Debian's form, for guests that have no registry: in a directory that a guest may have as a share. */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

export interface Deb {
  /** Its program of the same name says it. */
  readonly name: string;
  /** Shell script that ends its installation. */
  readonly postinst?: string;
}

const control = (name: string): string =>
  `Package: ${name}\nVersion: 1\nArchitecture: all\nMaintainer: tests <tests@localhost>\nDescription: ${name}\n`;

async function make({ name, postinst }: Deb, dir: string): Promise<void> {
  const tree = mkdtempSync(join(tmpdir(), 'ai-vm-deb-'));
  chmodSync(tree, 0o755);
  const write = (path: string, text: string, mode: number): void => {
    writeFileSync(join(tree, path), text);
    chmodSync(join(tree, path), mode);
  };
  for (const path of ['DEBIAN', 'usr', 'usr/bin']) mkdirSync(join(tree, path), { mode: 0o755 });
  write('DEBIAN/control', control(name), 0o644);
  write(`usr/bin/${name}`, `#!/bin/sh\necho ${name}\n`, 0o755);
  if (postinst !== undefined) write('DEBIAN/postinst', `#!/bin/sh\nset -e\n${postinst}\n`, 0o755);
  await execa('dpkg-deb', ['--root-owner-group', '-b', tree, join(dir, `${name}.deb`)]);
  rmSync(tree, { recursive: true });
}

/** Adds packages to a directory, and lists all that are in it: `deb [trusted=yes] file:DIR ./` is its line in sources.list. */
export async function addDebs(dir: string, debs: readonly Deb[]): Promise<void> {
  for (const deb of debs) await make(deb, dir);
  const stanza = (file: string): string => {
    const sha256 = createHash('sha256')
      .update(readFileSync(join(dir, file)))
      .digest('hex');
    const { size } = statSync(join(dir, file));
    return `${control(file.replace('.deb', ''))}Filename: ./${file}\nSize: ${size}\nSHA256: ${sha256}\n`;
  };
  const files = readdirSync(dir).filter((file) => file.endsWith('.deb'));
  writeFileSync(join(dir, 'Packages'), files.map(stanza).join('\n'));
}
