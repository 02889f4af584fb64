/** How a guest is told that what its SSH server reads has changed: text for POSIX sh, run as root. */

/** Written by sshd when it listens, and so again after it has been told to read its files anew. */
export const SSHD_PID = '/run/sshd.pid';

/** After a SIGHUP, for which the pid file was emptied: sshd removes it, closes its sockets, begins anew, and writes it when it listens. */
export const AWAIT_SSHD = `tries=0
until [ -s ${SSHD_PID} ]; do
  tries=$((tries + 1))
  [ "$tries" -lt 200 ] || break
  sleep 0.05
done
[ "$tries" -lt 200 ]`;

/** systemd does not wait until sshd listens again, and whoever logs in meanwhile is turned away. */
export const RELOAD_SSHD = `again=
if [ -s ${SSHD_PID} ]; then : >${SSHD_PID}; again=yes; fi
systemctl reload ssh.service || exit
[ -z "$again" ] || {
${AWAIT_SSHD}
}
`;
