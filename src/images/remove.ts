/** Takes images, templates and interrupted builds out of the cache, where nobody is making them. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isHeld } from '../host/lock.ts';
import { isDigest } from './manifest.ts';
import { removeTree } from './namespace.ts';
import { asOnlyBuilder, ifIdle, isPartial, lockFile } from './partial.ts';
import { listTemplates, removeTemplate } from './templates.ts';

/** Digests of what is in the cache under its final name, whole or not. Sorted. */
export async function listImages(imagesDir: string): Promise<string[]> {
  return (await readdir(imagesDir).catch(() => [])).filter(isDigest).sort();
}

/** Names of the directories of builds that nobody goes on with now. */
export async function interruptedBuilds(imagesDir: string): Promise<string[]> {
  const partial = (await readdir(imagesDir).catch(() => [])).filter(isPartial);
  const held = await Promise.all(partial.map((name) => isHeld(lockFile(imagesDir, digestOf(name)))));
  return partial.filter((_, n) => !held[n]).sort();
}

const digestOf = (partial: string): string => partial.slice(0, partial.indexOf('.'));

/** Whether somebody builds an image or makes a template now. */
export async function isBuilding(imagesDir: string): Promise<boolean> {
  for (const dir of [imagesDir, join(imagesDir, 'templates')]) {
    const locks = (await readdir(dir).catch(() => [])).filter((name) => name.endsWith('.lock'));
    for (const name of locks) if (await isHeld(join(dir, name))) return true;
  }
  return false;
}

/** Removes an image and the templates that stand on it, alone with it. The caller has seen that no disk does. */
export async function removeImage(imagesDir: string, digest: string, signal: AbortSignal): Promise<void> {
  await asOnlyBuilder(imagesDir, digest, { signal, onWait: () => undefined }, async () => {
    // What stands on it first: cut off in between, nothing stands on what is gone.
    for (const template of await listTemplates(imagesDir)) {
      if (template.manifest.image === digest) await removeTemplate(template);
    }
    await removeTree(join(imagesDir, digest));
  });
}

export async function removeBuild(imagesDir: string, name: string): Promise<void> {
  await ifIdle(lockFile(imagesDir, digestOf(name)), () => removeTree(join(imagesDir, name)));
}
