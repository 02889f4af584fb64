/** Programs that must not outlive this process, however it ends. */

/**
 * After `setpriv` has told the kernel what to send the program when its parent dies, the shell looks whether that has happened
 * already: the kernel would not say it again.
 */
const UNLESS_ORPHANED = '[ "$PPID" = "$0" ] && exec "$@"';

/**
 * @param argv the program, which becomes a child of this process
 * @param signal what it gets when this process dies, by kill -9 too
 * @param privileges options of `setpriv` (util-linux) for what it has no more
 * @returns the command that runs it
 */
export function boundToUs(
  argv: readonly string[],
  signal: 'TERM' | 'KILL',
  privileges: readonly string[] = [],
): string[] {
  const bound = ['setpriv', ...privileges, '--pdeathsig', signal, '--'];
  return [...bound, '/bin/sh', '-c', UNLESS_ORPHANED, String(process.pid), ...argv];
}
