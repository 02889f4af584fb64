/** Everything that a NixOS image is made from: read as files, before Nix is called, so that it need not be called for what there is. */
import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { readPart } from '../../host/config-files.ts';
import { isWithin } from '../../host/share-rules.ts';
import type { FlakeConfig, NixosImage } from '../../model/desired.ts';
import { AiVmError } from '../../model/errors.ts';
import { FLAKE_FORM, parseFlake } from '../../model/flake.ts';
import { canonical } from '../digest.ts';
import type { Place } from '../provider.ts';
import { guestJson, type System } from './guest.ts';
import { hasOwnFlake, requireInstallation } from './installation.ts';
import { readLock, type FlakeLock } from './locks.ts';
import { collect, textFile, treeDigests, type Tree, type TreeFile } from './trees.ts';

/** Raised when the same files are built in another way. */
const VERSION = 1;

/** Where a flake is: in a tree of the recipe, or elsewhere. */
export type Origin =
  | { readonly kind: 'tree'; readonly name: string }
  /** `lock` is null until its first use. */
  | { readonly kind: 'remote'; readonly ref: string; readonly lock: FlakeLock | null };

export interface Recipe {
  /** Name → files: flakes that are laid out beside each other. */
  readonly trees: ReadonlyMap<string, Tree>;
  readonly target: { readonly flake: Origin; readonly output: string };
  /** Inputs of the target, such as `ai-vm/project`, and what they are; the outer ones first. */
  readonly inputs: readonly (readonly [string, Origin])[];
}

/** The tree of the generated flake, in recipes that have one. */
export const GUEST = 'guest';

export const currentSystem = (): System => (process.arch === 'arm64' ? 'aarch64-linux' : 'x86_64-linux');

/** SHA-256 in hex: the image's name. */
export function recipeDigest({ trees, ...rest }: Recipe): string {
  const files = Object.fromEntries([...trees].map(([name, tree]) => [name, treeDigests(tree)]));
  const content = { provider: 'nixos', version: VERSION, system: currentSystem(), files, ...rest };
  return createHash('sha256').update(canonical(content)).digest('hex');
}

export interface Remote {
  readonly ref: string;
  /** null: it has to be fixed to a revision before the image has a name of its own. */
  readonly lock: FlakeLock | null;
}

/** The flakes that are fetched, the outer ones first. */
export const remotes = ({ target, inputs }: Recipe): Remote[] =>
  [target.flake, ...inputs.map(([, origin]) => origin)].flatMap((origin) =>
    origin.kind === 'remote' ? [{ ref: origin.ref, lock: origin.lock }] : [],
  );

/** @throws AiVmError `image.source`, `config.unreadable`, `host.missing`, `usage` */
export async function recipeOf(image: NixosImage, place: Place): Promise<Recipe> {
  const trees = new Map<string, Tree>();
  const flake = image.flake ?? (await flakeBeside(place.projectDir));
  const own = flake && (await origin(flake, 'project', trees, place));
  if (own && flake.output !== null) return { trees, target: { flake: own, output: flake.output }, inputs: [] };
  const root = requireInstallation();
  trees.set(GUEST, await guestTree(image, root, place));
  const aiVm = await originOfAiVm(root, trees, place);
  const target = { flake: { kind: 'tree', name: GUEST }, output: 'guest' } as const;
  if (!own) return { trees, target, inputs: [['ai-vm', aiVm]] };
  trees.set('with-project', await flakeText(root, 'nix/project'));
  const both: Origin = { kind: 'tree', name: 'with-project' };
  return {
    trees,
    target,
    inputs: [
      ['ai-vm', both],
      ['ai-vm/ai-vm', aiVm],
      ['ai-vm/project', own],
    ],
  };
}

/** How a flake exports modules for our guests. One that does not is there for something else. */
const EXPORTS = /\baiVmModules\b|\bnixosModules\s*\.\s*"?ai-vm\b|\bnixosModules\s*=\s*(rec\s*)?\{[^}]*\bai-vm\b"?\s*=/;

/** The project's own flake, where it has modules for its guests. */
async function flakeBeside(projectDir: string): Promise<FlakeConfig | null> {
  const file = await readPart(join(projectDir, 'flake.nix'), projectDir, MAX_FLAKE);
  const found = file !== null && EXPORTS.test(file.bytes.toString('utf8').replaceAll(/#.*/g, ''));
  return found ? { kind: 'local', ref: projectDir, output: null } : null;
}

const MAX_FLAKE = 1024 * 1024;

const FLAKE = ['flake.nix', 'flake.lock'];

async function origin(
  { kind, ref }: FlakeConfig,
  name: string,
  trees: Map<string, Tree>,
  { locksDir }: Place,
  entries: readonly string[] = FLAKE,
): Promise<Origin> {
  if (kind === 'remote') return { kind, ref, lock: await readLock(locksDir, ref) };
  const tree = await collect(ref, entries);
  if (!tree.has('flake.nix')) {
    throw new AiVmError('image.source', `there is no flake.nix in ${ref}`, { fix: 'Check the path, or write one.' });
  }
  trees.set(name, tree);
  return { kind: 'tree', name };
}

/** ai-vm's flake: the one that it comes with, unless the environment names another. */
async function originOfAiVm(root: string, trees: Map<string, Tree>, place: Place): Promise<Origin> {
  const text = place.env['AI_VM_FLAKE'];
  if (!text && !hasOwnFlake()) {
    throw new AiVmError('host.missing', 'this installation of ai-vm has no flake that makes NixOS guests', {
      why: `There is no flake.nix in ${root}.`,
      fix: 'Name one with AI_VM_FLAKE, install ai-vm whole, or declare `image: debian`.',
    });
  }
  if (!text) return origin({ kind: 'local', ref: root, output: null }, 'ai-vm', trees, place, [...FLAKE, 'nix']);
  const found = parseFlake(text);
  if (!found || found.output !== null) {
    throw new AiVmError('usage', `AI_VM_FLAKE is not a flake that can be used here: ${JSON.stringify(text)}`, {
      fix: FLAKE_FORM.replace(/, with .*/, '.'),
    });
  }
  const { kind } = found;
  const ref = kind === 'local' ? resolve(found.place.replace(/^~(?=\/|$)/, homedir())) : found.place;
  return origin({ kind, ref, output: null }, 'ai-vm', trees, place);
}

const flakeText = async (root: string, dir: string): Promise<Tree> =>
  new Map([['flake.nix', (await collect(join(root, dir), ['flake.nix'])).get('flake.nix')!]]);

async function guestTree(image: NixosImage, root: string, { projectDir }: Place): Promise<Tree> {
  const files = new Map<string, TreeFile>(await flakeText(root, 'nix/wrapper'));
  const modules: string[] = [];
  for (const [index, path] of image.modules.entries()) {
    // One from elsewhere counts its imports from its own directory, and is alone in here.
    const inside = isWithin(path, projectDir);
    const from = inside ? projectDir : await realpath(dirname(path)).catch(() => dirname(path));
    const name = inside ? relative(projectDir, path) : basename(path);
    const below = inside ? 'modules/project' : `modules/${index}`;
    const tree = await collect(from, [name]);
    if (tree.size === 0) {
      throw new AiVmError('image.source', `there is no NixOS module ${path}`, { fix: 'Check `modules` in the file.' });
    }
    for (const [file, content] of tree) files.set(`${below}/${file}`, content);
    modules.push(`${below}/${name}`);
  }
  files.set('guest.json', textFile(guestJson(image, currentSystem(), modules)));
  return files;
}
