/** Ports that QEMU forwards: as its arguments say, and as the monitor's `info usernet`, the only place where it tells. */

import type { PortConfig } from '../model/desired.ts';

//   TCP[HOST_FORWARD]  11       127.0.0.1  2299       10.0.2.15    22     0     0
const FORWARD = /^\s*(TCP|UDP)\[HOST_FORWARD\]\s+-?\d+\s+(\*|[\d.]+)\s+(\d+)\s+\S+\s+(\d+)\s/;

/** The forwards (`bind` is `0.0.0.0` when QEMU prints `*`), over all user-mode networks; lines of open connections are left out. */
export function parseUsernet(text: string): PortConfig[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const match = FORWARD.exec(line);
    if (match === null) return [];
    const [, protocol = '', bind = '', host, guest] = match;
    return {
      protocol: protocol === 'TCP' ? ('tcp' as const) : ('udp' as const),
      bind: bind === '*' ? '0.0.0.0' : bind,
      host: Number(host),
      guest: Number(guest),
    };
  });
}

//   TCP[ESTABLISHED]   25       10.0.2.15 45678   93.184.216.34   443     0     0
const FLOW = /^\s*TCP\[(?!HOST_FORWARD|CLOSED|LISTEN|TIME_WAIT)[A-Z_\d]+\]\s/;

/** TCP connections that are open, into the guest and out of it. */
export const openFlows = (text: string): number => text.split(/\r?\n/).filter((line) => FLOW.test(line)).length;

/** The host port of SSH in the arguments of a running machine: its forward is the first one. */
export function sshPortOf(argv: readonly string[]): number | null {
  const netdev = argv.find((argument) => argument.startsWith('user,id=net0,'));
  const found = /hostfwd=tcp:127\.0\.0\.1:(\d+)-:22(?:,|$)/.exec(netdev ?? '');
  return found ? Number(found[1]) : null;
}
