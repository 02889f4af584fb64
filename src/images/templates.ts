/**
 * Templates: booted guests at rest, kept beside the images that they were booted from. A machine of the same chassis on the
 * same host starts as a copy of one. Losing one costs a boot, so none is ever trusted: what is damaged is made anew.
 */
import { chmod, lstat, mkdir, readdir, rename, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { readState, writeState } from '../host/files.ts';
import { AiVmError } from '../model/errors.ts';
import { GiB } from '../model/units.ts';
import { hashFile } from './bundle.ts';
import { alone, ifIdle } from './partial.ts';

/** What a template depends on besides its chassis: another one of these, and it cannot be used. */
export interface TemplateHost {
  readonly qemu: string;
  readonly kernel: string;
  readonly accelerator: string;
  readonly cpu: string;
}

export interface TemplateKey {
  /** Of image and chassis: 16 hex digits. */
  readonly slot: string;
  /** Of all that it depends on: 16 hex digits. */
  readonly digest: string;
  readonly host: TemplateHost;
}

/** What waits in the guest: see guest/waiting.ts. */
export interface Waiting {
  /** Pids of the shells that wait for their scripts. */
  readonly settle: number;
  readonly grow: number;
  /** The agent's, of the pipe of the first one. */
  readonly handle?: number;
}

/** manifest.json of a template's directory. */
export interface TemplateManifest {
  readonly formatVersion: 1;
  readonly key: TemplateKey;
  /** Digest of the image that its disk stands on. */
  readonly image: string;
  readonly waiting: Waiting;
  /** Size in bytes of each file, and SHA-256 of all but the memory, which has checksums of its own. */
  readonly files: Readonly<Record<string, { readonly size: number; readonly sha256: string | null }>>;
}

export interface Template {
  readonly dir: string;
  readonly manifest: TemplateManifest;
}

/** Names of the files. `disk`: what the guest has written, over its image; the scratch disk of a machine that forgets. */
export const TEMPLATE = { memory: 'memory.bin', index: 'memory.json', state: 'state', disk: 'disk' } as const;

const MANIFEST = 'manifest.json';
const PARTIAL = '.partial';

/** How long an unused template is kept (milliseconds), and how much space all of them may take (bytes). */
const UNUSED = 30 * 24 * 3600 * 1000;
const MOST = 8 * GiB;

export const templatesDir = (imagesDir: string): string => join(imagesDir, 'templates');

const nameOf = ({ slot, digest }: TemplateKey): string => `${slot}-${digest}`;

const lockOf = (root: string, name: string): string => join(root, `.${name}.lock`);

/**
 * Runs `work` if nobody makes a template whose digest begins like this, in the cache where it was begun.
 * @param beginning 8 hex digits of {@link TemplateKey.digest}
 */
export async function unlessMaking(imagesDir: string, beginning: string, work: () => Promise<void>): Promise<void> {
  const root = templatesDir(imagesDir);
  const locks: string[] = await readdir(root).catch(() => []);
  const lock = locks.find((name) => name.startsWith('.') && name.includes(`-${beginning}`) && name.endsWith('.lock'));
  if (lock !== undefined) await ifIdle(join(root, lock), work);
}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

function isFile(value: unknown): boolean {
  const { size, sha256 } = record(value);
  return typeof size === 'number' && (sha256 === null || typeof sha256 === 'string');
}

function isManifest(value: unknown): value is TemplateManifest {
  const it = record(value);
  const [key, waiting] = [record(it['key']), record(it['waiting'])];
  return (
    it['formatVersion'] === 1 &&
    typeof key['slot'] === 'string' &&
    typeof key['digest'] === 'string' &&
    typeof record(key['host'])['qemu'] === 'string' &&
    typeof waiting['settle'] === 'number' &&
    typeof waiting['grow'] === 'number' &&
    ['number', 'undefined'].includes(typeof waiting['handle']) &&
    Object.values(TEMPLATE).every((name) => isFile(record(it['files'])[name]))
  );
}

async function readTemplate(dir: string): Promise<Template | null> {
  const { value: manifest } = await readState(join(dir, MANIFEST), isManifest);
  return manifest && { dir, manifest };
}

/** What differs, for people; null when nothing does. */
function difference(was: TemplateHost, is: TemplateHost): string | null {
  if (was.qemu !== is.qemu) return 'QEMU is another one than its template was made with';
  if (was.kernel !== is.kernel) return 'this host has booted another kernel since its template was made';
  if (was.accelerator !== is.accelerator) return `its template was made with ${was.accelerator}`;
  return was.cpu === is.cpu ? null : 'its template was made on another CPU';
}

/** All that are whole enough to say what they are. */
export async function listTemplates(imagesDir: string): Promise<Template[]> {
  const root = templatesDir(imagesDir);
  const names = (await readdir(root).catch(() => [])).filter(
    (name) => !name.startsWith('.') && !name.endsWith(PARTIAL),
  );
  return (await Promise.all(names.map((name) => readTemplate(join(root, name))))).filter((each) => each !== null);
}

export type Found =
  | { readonly kind: 'usable'; readonly template: Template }
  /** There is none for this chassis yet. */
  | { readonly kind: 'none' }
  /** There is one that cannot be used; `why` is for people. */
  | { readonly kind: 'stale'; readonly why: string };

/** Looks for a template. Compares sizes and hashes nothing: the memory is checked while it is read. */
export async function findTemplate(imagesDir: string, key: TemplateKey): Promise<Found> {
  const root = templatesDir(imagesDir);
  const names: string[] = await readdir(root).catch(() => []);
  const wanted = nameOf(key);
  if (names.includes(wanted)) {
    const template = await readTemplate(join(root, wanted));
    if (template && (await isWhole(template))) return { kind: 'usable', template };
    return { kind: 'stale', why: 'its template is damaged' };
  }
  for (const name of names.filter((each) => each.startsWith(`${key.slot}-`) && !each.endsWith(PARTIAL))) {
    const other = await readTemplate(join(root, name));
    if (!other) return { kind: 'stale', why: 'its template is damaged' };
    const why = difference(other.manifest.key.host, key.host);
    return { kind: 'stale', why: why ?? 'its template was made for other machine arguments' };
  }
  return { kind: 'none' };
}

async function isWhole({ dir, manifest }: Template): Promise<boolean> {
  const seen = await Promise.all(
    Object.values(TEMPLATE).map(async (name) => {
      const stat = await lstat(join(dir, name)).catch(() => null);
      return stat?.isFile() === true && stat.size === manifest.files[name]?.size;
    }),
  );
  return seen.every(Boolean);
}

/**
 * Reads the small files of a template and compares their SHA-256, and notes that it was used.
 * @throws AiVmError `image.corrupt`
 */
export async function verifyTemplate({ dir, manifest }: Template, signal: AbortSignal): Promise<void> {
  for (const name of Object.values(TEMPLATE)) {
    const sha256 = manifest.files[name]?.sha256 ?? null;
    if (sha256 === null) continue;
    const seen = await hashFile(join(dir, name), signal).catch((error: unknown) => {
      signal.throwIfAborted();
      return String(error);
    });
    if (seen !== sha256) throw new AiVmError('image.corrupt', 'the template is damaged', { why: join(dir, name) });
  }
  const now = new Date();
  await utimes(join(dir, MANIFEST), now, now).catch(() => undefined);
}

/** Removes a template: nothing depends on one that nobody is starting from. */
export const removeTemplate = (template: Template): Promise<void> => rm(template.dir, { recursive: true, force: true });

export interface Made {
  readonly image: string;
  readonly waiting: Waiting;
}

/**
 * Makes the template of a key: once, whoever else wants it. What a builder that was killed has left is removed.
 * @param make fills the directory that it is given with the files of {@link TEMPLATE}
 */
export async function makeTemplate(
  imagesDir: string,
  key: TemplateKey,
  waiting: { readonly signal: AbortSignal; readonly onWait: () => void },
  make: (dir: string) => Promise<Made>,
): Promise<Template> {
  const root = templatesDir(imagesDir);
  await mkdir(root, { recursive: true, mode: 0o755 });
  return alone(lockOf(root, nameOf(key)), waiting, async () => {
    const found = await findTemplate(imagesDir, key);
    if (found.kind === 'usable') return found.template;
    const dir = join(root, nameOf(key));
    const partial = `${dir}${PARTIAL}`;
    for (const old of [dir, partial]) await rm(old, { recursive: true, force: true });
    await mkdir(partial, { mode: 0o711 });
    try {
      const made = await make(partial);
      await seal(partial, { formatVersion: 1, key, ...made }, waiting.signal);
      await rename(partial, dir);
    } catch (error) {
      await rm(partial, { recursive: true, force: true });
      throw error;
    }
    await prune(root, key);
    const template = await readTemplate(dir);
    if (template && (await isWhole(template))) return template;
    throw new AiVmError('image.corrupt', 'the template that was just made is not whole', { why: dir });
  });
}

async function seal(dir: string, manifest: Omit<TemplateManifest, 'files'>, signal: AbortSignal): Promise<void> {
  const files: Record<string, { size: number; sha256: string | null }> = {};
  for (const name of Object.values(TEMPLATE)) {
    const path = join(dir, name);
    const { size } = await lstat(path);
    files[name] = { size, sha256: name === TEMPLATE.memory ? null : await hashFile(path, signal) };
    await chmod(path, 0o400);
  }
  await writeState(join(dir, MANIFEST), { ...manifest, files });
}

interface Kept {
  readonly dir: string;
  readonly size: number;
  readonly used: number;
}

/** Removes what the new one replaces, what nobody has used for long, and, oldest first, what is too much. */
async function prune(root: string, key: TemplateKey): Promise<void> {
  const kept: Kept[] = [];
  for (const name of await readdir(root)) {
    if (name.startsWith('.') || name === nameOf(key)) continue;
    const dir = join(root, name);
    if (name.endsWith(PARTIAL)) {
      // Of a builder that was killed, where nobody else is at it now.
      await ifIdle(lockOf(root, name.slice(0, -PARTIAL.length)), () => rm(dir, { recursive: true, force: true }));
      continue;
    }
    const [template, stat] = await Promise.all([readTemplate(dir), lstat(join(dir, MANIFEST)).catch(() => null)]);
    const used = stat?.mtimeMs ?? 0;
    if (!template || name.startsWith(`${key.slot}-`) || Date.now() - used > UNUSED) {
      await rm(dir, { recursive: true, force: true });
      continue;
    }
    const size = Object.values(template.manifest.files).reduce((sum, file) => sum + file.size, 0);
    kept.push({ dir, size, used });
  }
  let total = kept.reduce((sum, { size }) => sum + size, 0);
  for (const { dir, size } of kept.sort((a, b) => a.used - b.used)) {
    if (total <= MOST) return;
    await rm(dir, { recursive: true, force: true });
    total -= size;
  }
}
