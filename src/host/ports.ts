/** Ports of this host: free is what can be bound. */
import { createSocket } from 'node:dgram';
import { createServer, isIPv6 } from 'node:net';
import { AiVmError } from '../model/errors.ts';

export type Protocol = 'tcp' | 'udp';

function tcp(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function udp(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', reuseAddr: false });
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind({ address, port, exclusive: true }, () => socket.close(() => resolve(true)));
  });
}

/** Whether this port can be bound on this address right now. */
export function isPortFree(protocol: Protocol, address: string, port: number): Promise<boolean> {
  return protocol === 'tcp' ? tcp(address, port) : udp(address, port);
}

/**
 * The first free port from `start` on.
 * @param taken ports that are promised to others, free or not
 * @throws AiVmError `host.port-taken` when there is none up to 65535
 */
export async function nextFreePort(
  protocol: Protocol,
  address: string,
  start: number,
  taken: ReadonlySet<number> = new Set(),
): Promise<number> {
  for (let port = start; port <= 65_535; port += 1) {
    if (!taken.has(port) && (await isPortFree(protocol, address, port))) return port;
  }
  throw new AiVmError('host.port-taken', `no free ${protocol} port from ${start} on`, {
    why: `Every port of ${address} from ${start} to 65535 is in use.`,
    fix: 'Name a lower `ssh.port` in the file.',
  });
}
