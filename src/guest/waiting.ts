/**
 * Shells of the guest that wait for a script, and programs that wait beside them, each at a pipe: in a template, and in a machine that
 * is copied. Pure: text for POSIX sh, run as root in the guest.
 */

/** What is of this start of the guest alone. */
export const DIR = '/run/ai-vm';

/** Two shells of a template wait for a script: one for who the machine is, one for all that may come later. */
export const PIPES = { settle: `${DIR}/settle`, grow: `${DIR}/grow` } as const;
export type Pipe = keyof typeof PIPES;

/** A shell waits with two more programs, each of which has come as far as the file that it is to read. */
export const FILES_PIPE = 'tmpfiles';
export const LINK_PIPE = 'link';

/** Where pipes are made in a guest that runs: each time elsewhere, so that who comes late to its own finds nothing there. */
const PLACE = `${DIR}/w.`;

/** Ends shells that wait for a script of somebody who is gone. */
export const RELEASE_WAITING = `for pipe in ${PIPES.settle} ${PLACE}*/settle; do
  [ ! -p "$pipe" ] || echo 'exit 0' 1<>"$pipe"
done
`;

/**
 * @param now milliseconds since 1970: places are in the order in which they were made
 * @param nonce letters and digits
 */
export const waitingPlace = (now: number, nonce: string): string =>
  `${PLACE}${now.toString(16).padStart(12, '0')}${nonce}`;

/**
 * Makes room for a shell that waits, in any guest that runs, and ends those that wait at an older place. Whoever comes late to that
 * finds nothing there, and nobody touches a younger one. It is there with its pipes, or not at all: the agent makes a file where it finds no
 * pipe to open.
 */
export const prepareWaiting = (place: string): string => `mkdir -p -m 700 ${DIR} ${DIR}/credentials
mkdir -m 700 ${place}.new && mkfifo -m 600 ${place}.new/settle ${place}.new/${FILES_PIPE} ${place}.new/${LINK_PIPE} &&
mv ${place}.new ${place} || exit 1
[ ! -p ${PIPES.settle} ] || { echo 'exit 0' 1<>${PIPES.settle}; rm -f ${PIPES.settle}; }
for old in ${PLACE}*; do
  [ "$old" != ${place} ] || break
  [ ! -p "$old/settle" ] || echo 'exit 0' 1<>"$old/settle"
  rm -rf "$old"
done
`;

/**
 * What of a system answers to everything that happens, and that nobody waits for while a clone is told who it is: the journal, udev, and PID 1.
 * In a template they are held, and let go when it has been told; what they are sent is kept for them by the kernel.
 */
const HELD = ['system.slice/systemd-journald.service', 'system.slice/systemd-udevd.service'];
/** Where users are looked up in what PID 1 knows of them too, it has to answer. */
const PID_1 = 'init.scope';
const ASKS_PID_1 = "grep -qE '^(passwd|group|shadow|gshadow):.*systemd' /etc/nsswitch.conf";

function hold(state: 0 | 1, name: string): string {
  const file = `/sys/fs/cgroup/${name}/cgroup.freeze`;
  return `[ ! -e ${file} ] || echo ${state} >${file}\n`;
}
const HOLD = `${HELD.map((name) => hold(1, name)).join('')}${ASKS_PID_1} || {\n${hold(1, PID_1)}}\n`;
export const LET_GO = [...HELD, PID_1].map((name) => hold(0, name)).join('');

/**
 * Waits until somebody waits at each pipe of a template, and holds all that need not run. A process that opens a pipe for reading sleeps
 * in the kernel until somebody writes; its wait channel says so.
 */
export const REST = `tries=0
until [ "$(grep -lsE 'wait_for_partner|fifo_open' /proc/[0-9]*/wchan | wc -l)" -ge 5 ]; do
  tries=$((tries + 1))
  # A kernel that does not tell: it has had its time.
  [ "$tries" -lt 100 ] || exit 0
  sleep 0.1
done
${HOLD}`;

/**
 * Programs that wait beside the shell that is to settle: what it starts, knows the pids of, and takes with it. What is written to a pipe
 * before somebody has come to it is lost: one that does not come is not reckoned with.
 */
const BESIDE = `trap 'kill $files $link 2>/dev/null' EXIT
comes() {
  tries=0
  until at=; read -r at 2>/dev/null </proc/$1/wchan
  case $at in wait_for_partner* | fifo_open*) ;; *) false ;; esac; do
    tries=$((tries + 1))
    [ "$tries" -lt 60 ] || { kill "$1" 2>/dev/null; return 1; }
    sleep 0.05
  done
}
systemd-tmpfiles --create --boot "$pipes/${FILES_PIPE}" & files=$!
ip -batch "$pipes/${LINK_PIPE}" & link=$!
comes "$files" || files=
comes "$link" || link=
`;

/** What a waiting shell does: reads its script from its pipe, and ends as it does. @param dir where its pipes are */
export const waitAt = (pipe: Pipe, dir: string = DIR): string =>
  pipe === 'settle' ? `pipes=${dir}\n${BESIDE}. "$pipes/settle"` : `. ${PIPES[pipe]}`;

/** Gives a program that waits at a pipe what it is to read, if there is one. It is at work then. @param text shell words */
export const feed = (pid: string, pipe: string, text: string): string =>
  `[ -z "\${${pid}-}" ] || printf %s ${text} 1<>"$pipes/${pipe}"`;

/** When it is done, all is as it should be; where none waited, or it has failed, it is done in the other way. */
export const fed = (
  pid: string,
  otherwise: string,
): string => `{ [ -n "\${${pid}-}" ] && wait "$${pid}" && ${pid}=; } || {
${pid}=
${otherwise}
}`;
