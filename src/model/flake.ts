/** References to flakes, as a file or the environment has them. */

/** A reference as it is written; `place` is a path, or what Nix fetches it by. */
export interface FlakeReference {
  readonly kind: 'local' | 'remote';
  readonly place: string;
  readonly output: string | null;
}

/**
 * Ways of fetching that need nothing but an address, or the user's own SSH key. Not `git+file`, for which Nix runs Git in a working
 * tree that a guest may have written to, and no names of registries, which say something else on each host.
 */
const REMOTE =
  /^(github|gitlab|sourcehut|git\+https|git\+ssh|hg\+https|https|tarball\+https):[^\s\p{Cc}#"'`$\\<>{}|^]+$/u;
const OUTPUT = /^[A-Za-z_][A-Za-z0-9_'-]*(\.[A-Za-z_][A-Za-z0-9_'-]*)*$/;
const LONGEST = 1000;

/** null: it is none that is understood. A path is left as it is written. */
export function parseFlake(text: string): FlakeReference | null {
  const at = text.indexOf('#');
  const [place, output] = at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
  if (text.length > LONGEST || (output !== null && !OUTPUT.test(output))) return null;
  const path = place.startsWith('path:') ? place.slice('path:'.length) : place;
  if (/^(\.{1,2}|~)?(\/|$)/.test(path) && path !== '') {
    return /[\p{Cc}?]/u.test(path) ? null : { kind: 'local', place: path, output };
  }
  return REMOTE.test(place) ? { kind: 'remote', place, output } : null;
}

export const FLAKE_FORM =
  'Write a directory such as ./nix, or github:owner/repo, with #output where the flake makes the whole guest.';
