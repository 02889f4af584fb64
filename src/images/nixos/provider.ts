/** NixOS images: what they are made from is laid out as a flake, Nix builds it, and the link to what it built is the bundle. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NixosImage } from '../../model/desired.ts';
import { AiVmError } from '../../model/errors.ts';
import { findBundle } from '../bundle.ts';
import type { MakeJob, Place, Provider } from '../provider.ts';
import { requireInstallation } from './installation.ts';
import { writeLock, type FlakeLock } from './locks.ts';
import { requireNix, runNix, type NixRun } from './nix.ts';
import { GUEST, recipeDigest, recipeOf, type Origin, type Recipe } from './recipe.ts';
import { pruneRoots } from './roots.ts';
import { layOutTree } from './trees.ts';

async function check(image: NixosImage, { place }: MakeJob): Promise<void> {
  await requireNix(place.env);
  if (image.flake?.output == null) requireInstallation();
}

/**
 * Directories are given to Nix as paths of its store: their names have no character that an address would need an escape for, which
 * not every Nix undoes, and locks say nothing of where on this host they were made.
 */
type Stored = Map<string, string>;

function refOf(origin: Origin, stored: Stored): string {
  if (origin.kind === 'tree') return `path:${stored.get(origin.name)}`;
  if (origin.lock) return origin.lock.url;
  throw new Error(`${origin.ref} is not fixed to a revision`);
}

const addToStore = async (dir: string, run: NixRun): Promise<string> =>
  (await runNix(['store', 'add-path', '--name', 'source', dir], run)).trim();

/** The lock of a flake whose inputs are these. */
async function lockedWith(recipe: Recipe, ref: string, stored: Stored, run: NixRun): Promise<string> {
  const overrides = recipe.inputs.flatMap(([input, origin]) => ['--override-input', input, refOf(origin, stored)]);
  const text = await runNix(['flake', 'metadata', '--json', '--no-write-lock-file', ...overrides, ref], run);
  return `${JSON.stringify((JSON.parse(text) as { locks: unknown }).locks, null, 2)}\n`;
}

const overSsh = ({ target, inputs }: Recipe): boolean =>
  [target.flake, ...inputs.map(([, origin]) => origin)].some(
    (origin) => origin.kind === 'remote' && origin.ref.startsWith('git+ssh:'),
  );

async function make(image: NixosImage, job: MakeJob): Promise<void> {
  const { digest, imagesDir, cacheDir, place, progress } = job;
  const recipe = await recipeOf(image, place);
  if (recipeDigest(recipe) !== digest) {
    throw new AiVmError('plan.stale', 'the files that the image is made from have changed in the meantime', {
      fix: 'Run the same command again.',
    });
  }
  const sources = join(cacheDir, 'nix');
  const dir = join(sources, digest);
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true, mode: 0o700 });
  for (const [name, tree] of recipe.trees) await layOutTree(join(dir, name), tree);

  const failing = 'the image could not be built';
  const run: NixRun = { env: place.env, log: job.log, signal: job.signal, progress, failing, ssh: overSsh(recipe) };
  progress('evaluating');
  const stored: Stored = new Map();
  for (const name of recipe.trees.keys()) stored.set(name, await addToStore(join(dir, name), run));
  if (recipe.inputs.length > 0) {
    const guest = join(dir, GUEST);
    await writeFile(join(guest, 'flake.lock'), await lockedWith(recipe, `path:${stored.get(GUEST)}`, stored, run));
    stored.set(GUEST, await addToStore(guest, run));
  }
  const flake = refOf(recipe.target.flake, stored);
  const link = join(imagesDir, digest);
  const options = ['--json', '--no-update-lock-file', '--out-link', link];
  await runNix(['build', ...options, `${flake}#${recipe.target.output}`], run);
  await requireGuest(imagesDir, digest, link);
  await pruneRoots(imagesDir, digest, await job.inUse(), sources);
}

/** A flake of somebody's may build anything at all. */
async function requireGuest(imagesDir: string, digest: string, link: string): Promise<void> {
  const bundle = await findBundle(imagesDir, digest);
  const arch = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  if (bundle?.manifest.provider === 'nixos' && bundle.manifest.arch === arch) return;
  await rm(link, { force: true });
  throw new AiVmError('image.build', 'what the flake builds is no guest for this host', {
    why: bundle
      ? `It is one for ${bundle.manifest.provider} on ${bundle.manifest.arch}.`
      : 'Its result is a directory without a sound manifest.json, or without the files that are named in there.',
    fix: "Name an output that is made by ai-vm's `lib.mkGuest`, or leave #output out.",
  });
}

/**
 * Fixes a remote flake to what it is now.
 * @returns what that is; it is kept already
 * @throws AiVmError `image.source`, `host.missing`; what the signal aborts with
 */
export async function lockFlake(
  ref: string,
  place: Place,
  run: Pick<NixRun, 'log' | 'signal' | 'progress'>,
): Promise<FlakeLock> {
  await requireNix(place.env);
  const failing = `the flake ${ref} could not be fetched`;
  const ssh = ref.startsWith('git+ssh:');
  const text = await runNix(['flake', 'metadata', '--json', '--refresh', ref], {
    ...run,
    env: place.env,
    failing,
    ssh,
  });
  const lock = lockOf(ref, text);
  await writeLock(place.locksDir, lock);
  return lock;
}

function lockOf(ref: string, text: string): FlakeLock {
  try {
    const { url, locked } = JSON.parse(text) as { url?: unknown; locked?: { narHash?: unknown } };
    if (typeof url === 'string' && typeof locked?.narHash === 'string') {
      return { formatVersion: 1, ref, url, narHash: locked.narHash };
    }
  } catch {
    // As below.
  }
  throw new AiVmError('image.source', `Nix does not say what the flake ${ref} is now`, { why: text.slice(0, 300) });
}

export const nixos: Provider<NixosImage> = { programs: ['nix'], check, make };
