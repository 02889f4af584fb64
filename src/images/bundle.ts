/** Bundles in the cache: found cheaply before every use, verified by hash on demand, sealed once when built. */
import { createHash } from 'node:crypto';
import { createReadStream, type Stats } from 'node:fs';
import { chmod, lstat, open, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { readState } from '../host/files.ts';
import { AiVmError } from '../model/errors.ts';
import type { Bundle, Manifest } from '../model/image.ts';
import { isDigest, isManifest, MANIFEST_FILE } from './manifest.ts';

/** SHA-256 of a file, in hex. */
export async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash, signal ? { signal } : {});
  return hash.digest('hex');
}

/**
 * A bundle in the cache that looks whole: its manifest is ours and every file is there with its size. Hashes nothing.
 * @returns null when there is none, or when it is damaged: it is then built again
 */
export async function findBundle(imagesDir: string, digest: string): Promise<Bundle | null> {
  if (!isDigest(digest)) return null;
  const dir = join(imagesDir, digest);
  const { value: manifest } = await readState(join(dir, MANIFEST_FILE), isManifest);
  if (manifest === null) return null;
  const fromStore = manifest.provider === 'nixos';
  if (!fromStore && manifest.digest !== digest) return null;
  const store = fromStore ? dirname(await realpath(dir)) : null;
  const whole = await Promise.all(
    Object.entries(manifest.sizes).map(async ([name, size]) => {
      const seen = await lstatIn(join(dir, name), store).catch(() => null);
      return seen?.isFile() === true && seen.size === size;
    }),
  );
  // What Nix builds cannot know by what name it is asked for here.
  return whole.every(Boolean) ? { dir, manifest: { ...manifest, digest } } : null;
}

/** @param store a link may lead to what is in there; null: no link may be */
const lstatIn = async (path: string, store: string | null): Promise<Stats | null> => {
  if (store === null) return lstat(path);
  const real = await realpath(path);
  return real.startsWith(`${store}/`) ? lstat(real) : null;
};

/**
 * Reads every file of a bundle and compares its SHA-256: about a second per GB.
 * @throws AiVmError `image.corrupt` naming the file
 */
export async function verifyBundle(bundle: Bundle, signal?: AbortSignal): Promise<void> {
  for (const [name, expected] of Object.entries(bundle.manifest.files)) {
    const path = join(bundle.dir, name);
    const seen = await hashFile(path, signal).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw corrupt(path, String(error), error);
    });
    if (seen !== expected) throw corrupt(path, `SHA-256 is ${seen}, the manifest says ${expected}.`);
  }
}

const corrupt = (path: string, why: string, cause?: unknown): AiVmError =>
  new AiVmError('image.corrupt', `a file of the image is damaged: ${path}`, {
    why,
    fix: 'Delete its directory and run `ai-vm build`.',
    cause,
  });

/**
 * Makes the files in `dir` what a bundle is: hashed, recorded in manifest.json, read-only, and on the disk.
 * @param manifest everything but the records of the files
 */
export async function sealBundle(
  dir: string,
  manifest: Omit<Manifest, 'files' | 'sizes'>,
  signal?: AbortSignal,
): Promise<Manifest> {
  const files: Record<string, string> = {};
  const sizes: Record<string, number> = {};
  for (const name of [manifest.boot.kernel, manifest.boot.initrd, manifest.disk.file]) {
    const path = join(dir, name);
    files[name] = await hashFile(path, signal);
    sizes[name] = (await lstat(path)).size;
    await settle(path);
  }
  const sealed: Manifest = { ...manifest, files, sizes };
  const path = join(dir, MANIFEST_FILE);
  const file = await open(path, 'w');
  try {
    await file.writeFile(`${JSON.stringify(sealed, null, 2)}\n`);
  } finally {
    await file.close();
  }
  await settle(path);
  // An unprivileged QEMU of another user reads these.
  await chmod(dir, 0o755);
  return sealed;
}

async function settle(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
    await file.chmod(0o444);
  } finally {
    await file.close();
  }
}
