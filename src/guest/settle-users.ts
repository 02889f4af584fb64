/**
 * Making users is the longest part of becoming a machine, and most machines on a host have the same ones: a template has those of the
 * machine that it was made for, and the lists beside them that its image came with. Pure: text for POSIX sh, run as root in the guest.
 */
import { createHash } from 'node:crypto';
import type { GuestUser } from '../model/boot.ts';
import { sysusersOf } from './credentials.ts';
import { shellQuote, write } from './shell.ts';
import { DIR } from './waiting.ts';

/** The lists of the image; on the file system of those that take their place. */
const KEPT = '/etc/.ai-vm';
/** Says which users the lists of the system have been given. Empty: by now they are the machine's own, whatever they were. */
export const MADE = `${KEPT}/made`;
/** Each is whole when the next one is put into its place: a user is there when all else of theirs is. */
const LISTS = ['group', 'gshadow', 'shadow', 'passwd'];

const nameOf = (sysusers: string): string => createHash('sha256').update(sysusers).digest('hex').slice(0, 16);

/**
 * The lists of the image again, of which a system may not have all. Also what a boot does, where a machine was cut off before it was
 * told who it is.
 */
export const PUT_BACK = `put=yes; for list in ${LISTS.join(' ')}; do [ ! -e ${KEPT}/$list ] || mv -f ${KEPT}/$list /etc/$list || put=; done; [ -n "$put" ] && : >${MADE}`;

/** In a template. */
export function prepareUsers(users: readonly GuestUser[]): string {
  const text = sysusersOf(users);
  return `mkdir -m 700 ${KEPT}
for list in ${LISTS.join(' ')}; do [ ! -e /etc/$list ] || cp -a /etc/$list ${KEPT}/$list; done
echo ${nameOf(text)} >${MADE}
printf %s ${shellQuote(text)} | systemd-sysusers - >/dev/null
`;
}

/** Lists that are still kept are of a start that was cut off, and older than the machine's own. */
export const FORGET_LISTS = `[ ! -d ${KEPT} ] || rm -rf ${KEPT}
`;

/** Whether all are there, by builtins of the shell: a copy of a machine has its users. */
const areThere = (users: readonly GuestUser[]): string => `there=0
while IFS=: read -r name _ uid _; do
case $name:$uid in ${users.map(({ name, uid }) => `${name}:${uid}`).join(' | ')}) there=$((there + 1)) ;; esac
done </etc/passwd
[ $there = ${users.length} ]`;

/** The users that are not there yet, by what makes them at a boot; and none that only the template had. */
export function makeUsers(users: readonly GuestUser[]): string {
  const text = sysusersOf(users);
  const missing =
    users.length === 0
      ? ':'
      : `if ${areThere(users)}
then :
else
${write(text, `${DIR}/credentials/sysusers.extra`)} &&
CREDENTIALS_DIRECTORY=${DIR}/credentials systemd-sysusers /dev/null >/dev/null
fi`;
  return `made=
[ ! -s ${MADE} ] || read -r made <${MADE}
case $made in
${nameOf(text)}) : >${MADE} ;;
*)
[ -z "$made" ] || { ${PUT_BACK}; } &&
${missing}
;;
esac`;
}
