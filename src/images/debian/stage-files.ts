/** Lays the recipe's files and links out in a directory, as they are to be in the guest. */
import { chmod, copyFile, cp, mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { GuestTextFile } from './guest.ts';

export interface Layout {
  readonly files: Readonly<Record<string, GuestTextFile>>;
  readonly links: Readonly<Record<string, string>>;
  /** Path in the guest → on the host, a program, made executable for all, or a directory, taken as it is. */
  readonly programs: Readonly<Record<string, string>>;
}

/** Begins with an empty directory every time. Modes do not depend on the umask. */
export async function layOut(dir: string, layout: Layout): Promise<void> {
  await rm(dir, { recursive: true, force: true });
  await directory(dir);
  const place = async (path: string): Promise<string> => {
    const parts = dirname(path).split('/').filter(Boolean);
    for (let i = 1; i <= parts.length; i += 1) await directory(join(dir, ...parts.slice(0, i)));
    return join(dir, path);
  };
  for (const [path, file] of Object.entries(layout.files)) {
    const target = await place(path);
    await writeFile(target, file.content);
    await chmod(target, file.mode ?? 0o644);
  }
  for (const [path, to] of Object.entries(layout.links)) await symlink(to, await place(path));
  for (const [path, from] of Object.entries(layout.programs)) {
    const target = await place(path);
    if ((await stat(from)).isDirectory()) {
      await cp(from, target, { recursive: true, verbatimSymlinks: true });
      await open(target);
    } else {
      await copyFile(from, target);
      await chmod(target, 0o755);
    }
  }
}

/** Everybody may read what was unpacked under our umask, and run what can be run. */
async function open(dir: string): Promise<void> {
  await chmod(dir, 0o755);
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) await open(path);
    else if (entry.isFile()) await chmod(path, (await stat(path)).mode & 0o100 ? 0o755 : 0o644);
  }
}

async function directory(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  await chmod(path, 0o755);
}
