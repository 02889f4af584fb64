/**
 * How a Debian guest installs packages while it runs. Pure: the text of scripts for POSIX sh, run as root. Each may run again, and
 * while one goes on that somebody was killed over: they take turns.
 */
import { shellQuote as q } from './shell.ts';

/** Where the names of packages are that were begun to be installed here: of one that is half there nothing else tells. */
const MARKS = '/var/lib/ai-vm/packages';

/** As images are made: nothing asks, nothing comes along that is only recommended, and nothing goes for it. */
const OPTIONS = [
  ...['-q', '-y', '--no-install-recommends', '--no-remove'],
  ...['DPkg::Lock::Timeout=120', 'Dpkg::Options::=--force-confdef', 'Dpkg::Options::=--force-confold'].map(
    (option) => `-o ${option}`,
  ),
  ...['Acquire::Retries=1', 'APT::Keep-Downloaded-Packages=false'].map((option) => `-o ${option}`),
].join(' ');

const BEGIN = `umask 022
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
mkdir -p ${MARKS} /run/ai-vm
exec 9>/run/ai-vm/packages.lock
flock -w 600 9 || { echo 'it still installs something else'; exit 1; }
log=/run/ai-vm/packages.log
lists=/run/ai-vm/packages.lists
is_there() { [ "$(dpkg-query -W -f '\${db:Status-Status}' -- "$1" 2>/dev/null)" = installed ]; }
quietly() { "$@" >"$log" 2>&1 </dev/null; }
`;

/**
 * Lists of what there is are fetched where they are missing, or where they are older than ten minutes, or than apt's sources, and
 * something could not be had by them. Why it could not be had is on stdout: what was wrong with the lists, then with the packages.
 */
export const installScript = (name: string, others: readonly string[]): string => `name=${q(name)}
set -- "$name"${others.map((other) => ` ${q(other)}`).join('')}
${BEGIN}is_there "$name" && exit 0
quietly dpkg --configure -a
for each; do is_there "$each" || : >${MARKS}/"$each"; done
get() { quietly apt-get ${OPTIONS} install -- "$@"; }
is_new() { [ -n "$(find $lists -mmin -10 2>/dev/null)" ] && [ -z "$(find /etc/apt -newer $lists 2>/dev/null)" ]; }
tried=
update() {
  [ -z "$tried" ] || return 1
  tried=yes
  quietly apt-get -q -o Acquire::Retries=1 -o Acquire::Languages=none -o APT::Get::List-Cleanup=0 update
  code=$?
  grep -E '^(E|W): ' "$log" | head -n 2 >"$lists.why"
  [ "$code" != 0 ] || [ -s "$lists.why" ] || : >$lists
  :
}
: >"$lists.why"
ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1 || update
get "$@" && exit 0
is_new || { update && get "$@" && exit 0; }
[ "$#" = 1 ] || { get "$name" && exit 0; }
cat "$lists.why"
grep -E '^(E|W|dpkg): ?' "$log" | tail -n 3 | grep . || tail -n 3 "$log"
exit 1
`;

/** What was cut off is brought to its end first. One that something else needs by now is left alone, if it is whole. */
export const takeBackScript = (keep: readonly string[]): string => `${BEGIN}quietly dpkg --configure -a
for mark in ${MARKS}/*; do
  name=\${mark##*/}
  [ -e "$mark" ] || continue
  case ${q(` ${keep.join(' ')} `)} in *" $name "*) continue ;; esac
  case $(dpkg-query -W -f '\${db:Status-Status}' -- "$name" 2>/dev/null) in
    '' | not-installed | config-files) ;;
    *) quietly dpkg --purge --force-remove-reinstreq -- "$name" || is_there "$name" || { tail -n 3 "$log"; exit 1; } ;;
  esac
  rm -f -- "$mark"
done
quietly dpkg --configure -a
exit 0
`;
