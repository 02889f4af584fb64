/** Where built images are kept between test runs: what is named after its content need not be built again. */
import { chownSync, cpSync, existsSync, lchownSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { self, type TestUser } from './user.ts';

/**
 * AI_VM_TEST_CACHE, else `ai-vm-tests` below the user's cache directory. Root's is in /var/cache: an ordinary user, and
 * a QEMU that was started by root, cannot reach into /root.
 */
export function cacheRoot(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const { uid, home } = self();
  if (env['AI_VM_TEST_CACHE']) return env['AI_VM_TEST_CACHE'];
  if (env['XDG_CACHE_HOME'] && uid !== 0) return join(env['XDG_CACHE_HOME'], 'ai-vm-tests');
  return uid === 0 ? '/var/cache/ai-vm-tests' : join(home, '.cache', 'ai-vm-tests');
}

/** The image cache of `user`, as AI_VM_IMAGES wants it. Images that another user's cache holds whole are copied into it. */
export function imageCache(user: TestUser, root = cacheRoot()): string {
  mkdirSync(root, { recursive: true, mode: 0o755 });
  const own = join(root, user.name);
  if (!existsSync(own)) {
    mkdirSync(own, { mode: 0o755 });
    if (self().uid === 0) chownSync(own, user.uid, user.gid);
  }
  if (self().uid === 0)
    for (const other of readdirSync(root)) if (other !== user.name) seed(join(root, other), own, user);
  return own;
}

/** Copies whole bundles only: those under their final name, with a manifest. */
function seed(from: string, to: string, user: TestUser): void {
  for (const name of readdirSync(from)) {
    if (!/^[0-9a-f]{64}$/u.test(name) || existsSync(join(to, name)) || !existsSync(join(from, name, 'manifest.json')))
      continue;
    const partial = join(to, `.seed-${name}`);
    rmSync(partial, { recursive: true, force: true });
    cpSync(join(from, name), partial, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
    for (const path of [
      partial,
      ...readdirSync(partial, { recursive: true }).map((file) => join(partial, file.toString())),
    ]) {
      lchownSync(path, user.uid, user.gid);
    }
    renameSync(partial, join(to, name));
  }
}
