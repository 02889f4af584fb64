import { posix } from 'node:path';
import type { ShareConfig, ShareMode } from '../model/desired.ts';
import { fault, ok, quote, type Outcome } from './outcome.ts';

/** The object form of a share, as the schema lets it through. */
export interface ShareObject {
  readonly path: string;
  readonly target?: string;
  readonly mode?: string;
  readonly driver?: string;
  readonly allow_sensitive?: boolean;
}

/** A share whose mount point may still have to be found. */
export type DeclaredShare = Omit<ShareConfig, 'target'> & { readonly target: string | null };

export interface Places {
  /** Directory of the file: what relative paths count from. Absolute. */
  readonly dir: string;
  /** What `~` stands for. Absolute. */
  readonly home: string;
}

const FORM = 'Write "HOST[:GUEST][:ro|rw]", such as "./data:/data:ro". A path with a colon needs the form {path: …}.';

/** A share from `.`, `~/reference:ro`, `./data:/data:rw` or an object. */
export function parseShare(given: string | ShareObject, places: Places): Outcome<DeclaredShare> {
  const object = typeof given === 'string' ? fromText(given) : ok(given);
  if ('fault' in object) return object;
  const { path, target, mode = 'rw', driver = 'auto', allow_sensitive: allowSensitive = false } = object.value;
  const host = hostPath(path, places);
  if ('fault' in host) return host;
  const mount = target === undefined ? ok(null) : checkTarget(target);
  if ('fault' in mount) return mount;
  return ok({
    path: host.value,
    target: mount.value,
    mode: mode as ShareMode,
    driver: driver as ShareConfig['driver'],
    allowSensitive,
  });
}

function fromText(text: string): Outcome<ShareObject> {
  const parts = text.split(':');
  const last = parts.at(-1);
  const mode = parts.length > 1 && (last === 'ro' || last === 'rw') ? parts.pop() : undefined;
  const [path = '', target, ...more] = parts;
  if (more.length > 0) return fault(`${quote(text)} is not a share`, FORM);
  if (/\n/.test(text)) return fault(`${quote(text)} goes over more than one line`, FORM);
  return ok({ path, ...(target !== undefined && { target }), ...(mode !== undefined && { mode }) });
}

/** An absolute path on the host from one that is written in the file. */
export function hostPath(path: string, { dir, home }: Places): Outcome<string> {
  if (path === '') return fault('the path on the host is missing', 'Write a path, such as ./data.');
  if (path === '~' || path.startsWith('~/')) return ok(clean(posix.join(home, path.slice(1))));
  if (path.startsWith('~'))
    return fault(`${quote(path)}: other users' home directories have no short form`, 'Write the whole path.');
  return ok(clean(path.startsWith('/') ? posix.normalize(path) : posix.join(dir, path)));
}

/** No slash at the end. */
const clean = (path: string): string => (path.length > 1 ? path.replace(/\/+$/, '') : path);

/** What a mount would cover and the guest needs to work. */
const COVERED = /^\/(usr|etc|bin|sbin|lib[^/]*|boot|var|proc|sys|dev|run|root|home|tmp|mnt|mnt\/host-r[ow])?$/;
const KERNEL = /^\/(proc|sys|dev|run)\//;

function checkTarget(target: string): Outcome<string> {
  const path = target.length > 1 ? target.replace(/\/$/, '') : target;
  if (!path.startsWith('/'))
    return fault(`${quote(target)} is not an absolute path in the guest`, 'Begin it with a slash, such as /data.');
  // In the unit that systemd makes of a mount, a line with a backslash at its end goes on, and one with a space loses it.
  if (posix.normalize(path) !== path || /\p{Cc}|\\|\s$/u.test(path)) {
    return fault(
      `${quote(target)} is not a plain path`,
      'Without `..`, `.`, `//`, backslashes, control characters and a space at its end, such as /data.',
    );
  }
  if (COVERED.test(path) || KERNEL.test(path)) {
    return fault(
      `${quote(target)} belongs to the guest's system`,
      'Choose another place, such as /data or one below /home/dev.',
    );
  }
  return ok(path);
}

/**
 * Gives every share its mount point: the declared one, else `/mnt/host-rw/<name>` or `/mnt/host-ro/<name>`, with `-2`,
 * `-3`, … where that is taken, in the order of declaration.
 */
export function placeShares(declared: readonly DeclaredShare[]): ShareConfig[] {
  const taken = new Set(declared.flatMap((share) => share.target ?? []));
  return declared.map((share) => {
    if (share.target !== null) return { ...share, target: share.target };
    const name = posix.basename(share.path).replace(/\p{Cc}|\\|\s$/gu, '-') || 'root';
    const first = `/mnt/host-${share.mode}/${name}`;
    let target = first;
    for (let count = 2; taken.has(target); count++) target = `${first}-${count}`;
    taken.add(target);
    return { ...share, target };
  });
}
