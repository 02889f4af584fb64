/** Lays the recipe's files and links out in a directory, as they are to be in the guest. */
import { chmod, copyFile, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { GuestTextFile } from './guest.ts';

export interface Layout {
  readonly files: Readonly<Record<string, GuestTextFile>>;
  readonly links: Readonly<Record<string, string>>;
  /** Path in the guest → program on the host, made executable for all. */
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
    await copyFile(from, target);
    await chmod(target, 0o755);
  }
}

async function directory(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  await chmod(path, 0o755);
}
