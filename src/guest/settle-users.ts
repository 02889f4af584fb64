/**
 * Making users is the longest part of becoming a machine, and most machines on a host have the same ones: a template has those of the
 * machine that it was made for, and the lists beside them that its image came with. Pure: text for POSIX sh, run as root in the guest.
 */
import { createHash } from 'node:crypto';
import type { GuestUser } from '../model/boot.ts';
import { KEPT, LISTS, MADE, PUT_BACK } from '../model/template-lists.ts';
import { sysusersOf } from './credentials.ts';
import { shellQuote, write } from './shell.ts';
import { DIR } from './waiting.ts';

const nameOf = (sysusers: string): string => createHash('sha256').update(sysusers).digest('hex').slice(0, 16);

/** In a template. */
export function prepareUsers(users: readonly GuestUser[]): string {
  const text = sysusersOf(users);
  // A guest that does not put them back at a boot has none: each clone makes its own.
  return `if systemctl cat template-lists.service >/dev/null 2>&1; then
mkdir -m 700 ${KEPT}
for list in ${LISTS}; do if [ -e /etc/$list ]; then cp -a /etc/$list ${KEPT}/$list; else : >${KEPT}/no-$list; fi; done
echo ${nameOf(text)} >${MADE}
printf %s ${shellQuote(text)} | systemd-sysusers - >/dev/null
fi
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
