/** The text of the monitor's `info usernet`: the only place where QEMU tells which ports it forwards. */

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
