/** What a guest that runs is told when its machine changes. Pure: the text of scripts for POSIX sh, run as root. */
import type { GuestMount, GuestSettings } from '../model/boot.ts';
import { credentials, fstabField } from './credentials.ts';
import { mountScript } from './settle.ts';
import { shellQuote as q } from './shell.ts';

const CREDENTIALS = '/run/ai-vm/credentials';

/** Users are made and files are written by what does it at a boot. Their secrets are in memory no longer than it takes. */
export function settingsScript(given: Partial<GuestSettings>): string {
  const settings = { mounts: [], users: [], files: [], ...given };
  const texts = credentials(settings, '');
  const write = (name: string): string => `printf %s ${q(texts.get(name) ?? '')} >${CREDENTIALS}/${name}`;
  return `umask 077
mkdir -p ${CREDENTIALS}
export CREDENTIALS_DIRECTORY=${CREDENTIALS}
${write('sysusers.extra')}
${write('tmpfiles.extra')}
code=0
${settings.users.length > 0 ? 'systemd-sysusers /dev/null || code=$?\n' : ''}systemd-tmpfiles --create --boot provision.conf || code=$?
: >${CREDENTIALS}/tmpfiles.extra
exit $code
`;
}

export const mountOnce = (mount: GuestMount): string =>
  `mountpoint -q -- ${q(mount.target)} && exit 0\n${mountScript(mount)}\n`;

/** In `find -lname`, what would stand for other names. */
const literally = (path: string): string => path.replaceAll(/[*?[\\]/g, String.raw`\$&`);

/**
 * The mount point goes with the mount, where nothing is below it. What keeps a mount is named on stdout.
 * @param gone nobody serves it any more: the kernel waits for ever for an answer when it takes such a mount to pieces, so nobody waits for that
 */
export const unmountScript = (target: string, gone: boolean): string =>
  gone ? unmountGone(target) : unmountServed(target);

/** Wherever the device of this tag is mounted. */
export const unmountTagScript = (tag: string): string => `while read -r source target _; do
  [ "$source" != ${q(fstabField(tag))} ] || umount -- "$(printf %b "$target")" || exit 1
done </proc/self/mounts
`;

const unmountGone = (target: string): string => `tries=0
while grep -qF -- ${q(` ${fstabField(target)} `)} /proc/self/mounts; do
  [ "$tries" -gt 0 ] || umount -l -c -- ${q(target)} >/dev/null 2>&1 </dev/null &
  tries=$((tries + 1))
  [ "$tries" -lt 100 ] || exit 1
  sleep 0.05
done
`;

const unmountServed = (target: string): string => `t=${q(target)}
mountpoint -q -- "$t" || exit 0
if umount -- "$t" 2>/dev/null; then
  rmdir -- "$t" 2>/dev/null
  exit 0
fi
for link in $(find /proc/[0-9]*/cwd /proc/[0-9]*/root /proc/[0-9]*/fd -maxdepth 1 \\
  \\( -lname ${q(literally(target))} -o -lname ${q(`${literally(target)}/*`)} \\) 2>/dev/null); do
  pid=\${link#/proc/}
  pid=\${pid%%/*}
  case " $seen " in *" $pid "*) continue ;; esac
  seen="$seen $pid"
  read -r name <"/proc/$pid/comm" && printf 'in use by %s (%s)\\n' "$name" "$pid"
done
exit 1
`;
