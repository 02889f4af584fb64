/** The two sides of `cp`: `dev:/var/log/*.log`, `./logs`. Pure. */
import { quoteCommand } from '../../guest/quote.ts';
import { AiVmError } from '../../model/errors.ts';

export interface GuestSide {
  readonly vm: string;
  readonly path: string;
}

/** `vm:path`; null for a path of this host. One with a slash before its colon is such, as with scp. */
export function guestSide(text: string): GuestSide | null {
  const found = /^([A-Za-z0-9][A-Za-z0-9_-]{0,62}):(.*)$/s.exec(text);
  return found ? { vm: found[1]!, path: found[2]! } : null;
}

export type Copy =
  | { readonly way: 'in'; readonly vm: string; readonly sources: readonly string[]; readonly target: string }
  | { readonly way: 'out'; readonly vm: string; readonly sources: readonly string[]; readonly target: string };

/** @throws AiVmError usage */
export function parseCopy(words: readonly string[]): Copy {
  const sides = words.map((word) => ({ word, guest: guestSide(word) }));
  const [last, ...before] = sides.reverse();
  const sources = before.reverse();
  if (!last || sources.length === 0) throw new AiVmError('usage', 'a source and a target are expected');
  const guests = sources.flatMap(({ guest }) => (guest ? [guest] : []));
  if (last.guest && guests.length === 0) {
    return { way: 'in', vm: last.guest.vm, sources: sources.map(({ word }) => word), target: last.guest.path };
  }
  const vms = [...new Set(guests.map(({ vm }) => vm))];
  if (!last.guest && vms.length === 1 && guests.length === sources.length) {
    return { way: 'out', vm: vms[0]!, sources: guests.map(({ path }) => path), target: last.word };
  }
  throw new AiVmError('usage', 'one side has to be on this host, and the other in one machine', {
    fix: 'Such as: ai-vm cp dev:/etc/motd . (a path of this host with a colon in it is written ./a:b)',
  });
}

/**
 * A path of the guest as a word of POSIX sh: only `*`, `?` and `[…]` mean more than themselves, and `~/` at its beginning.
 * Relative paths begin in the home directory.
 */
export function guestWord(path: string): string {
  if (path === '' || path === '~') return '"$HOME"';
  const home = path.startsWith('~/');
  const rest = home ? path.slice(2) : path;
  const parts = rest
    .split(/([*?[\]]+)/)
    .map((part, n) => (n % 2 === 1 ? part : part === '' ? '' : quoteCommand([part])));
  const word = parts.join('');
  // Nothing that begins with a dash is taken for an option.
  return home ? `"$HOME"/${word}` : path.startsWith('/') ? word : `./${word}`;
}

/** A path of the guest that is taken as it is. */
export function guestPath(path: string): string {
  if (path === '' || path === '~') return '"$HOME"';
  if (path.startsWith('~/')) return `"$HOME"/${quoteCommand([path.slice(2)])}`;
  return quoteCommand([path.startsWith('/') ? path : `./${path}`]);
}

/** The exit code of our scripts when something named is not there. */
export const MISSING = 66;

/** Writes a tar archive of what the paths name, each under its last name. */
export const packScript = (paths: readonly string[]): string =>
  `for path in ${paths.map(guestWord).join(' ')}; do
  if [ ! -e "$path" ] && [ ! -L "$path" ]; then printf '%s\\n' "$path" >&2; exit ${MISSING}; fi
  case "$path" in
    */.|*/) dir=$(cd -- "$path" && pwd -P) || exit; set -- "$@" -C "$dir" . ;;
    *) dir=$(cd -- "$(dirname -- "$path")" && pwd -P) || exit; set -- "$@" -C "$dir" "./$(basename -- "$path")" ;;
  esac
done
exec tar --hard-dereference --format=pax -cf - "$@"
`;

/** Says how many bytes the files have that the paths name, as one number. */
export const sizeScript = (paths: readonly string[]): string =>
  `find ${paths.map(guestWord).join(' ')} -type f -printf '%s\\n' 2>/dev/null | awk '{ bytes += $1 } END { printf "%.0f\\n", bytes }'
`;

/** Says whether the target is a directory: `dir`, `file` (or nothing yet, in a directory that is there). */
export const targetScript = (target: string): string =>
  `path=${guestPath(target)}
if [ -d "$path" ]; then echo dir; exit; fi
parent=$(dirname -- "$path")
if [ -d "$parent" ]; then echo file; exit; fi
printf '%s\\n' "$parent" >&2
exit ${MISSING}
`;

/** Unpacks an archive into the target, or beside it when that is not a directory. */
export const unpackScript = (target: string, isDirectory: boolean): string =>
  `path=${guestPath(target)}
cd -- "${isDirectory ? '$path' : '$(dirname -- "$path")'}" || exit
exec tar --no-same-owner -xpf -
`;
