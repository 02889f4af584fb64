import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { isPortFree, nextFreePort } from '../../../src/host/ports.ts';

async function withTcp(work: (port: number) => Promise<void>): Promise<void> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  await work((server.address() as AddressInfo).port);
  server.close();
  await once(server, 'close');
}

describe('ports', () => {
  it('tells a taken TCP port from a free one, and leaves the free one free', async () => {
    let port = 0;
    await withTcp(async (taken) => {
      port = taken;
      expect(await isPortFree('tcp', '127.0.0.1', taken)).toBe(false);
      expect(await nextFreePort('tcp', '127.0.0.1', taken)).toBeGreaterThan(taken);
    });
    expect(await isPortFree('tcp', '127.0.0.1', port)).toBe(true);
    expect(await isPortFree('tcp', '127.0.0.1', port)).toBe(true);
    expect(await nextFreePort('tcp', '127.0.0.1', port, new Set([port]))).toBeGreaterThan(port);
  });

  it('tells a taken UDP port from a free one', async () => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    expect(await isPortFree('udp', '127.0.0.1', port)).toBe(false);
    socket.close();
    await once(socket, 'close');
    expect(await isPortFree('udp', '127.0.0.1', port)).toBe(true);
  });

  it('cannot bind an address that is not ours', async () => {
    expect(await isPortFree('tcp', '192.0.2.1', 4000)).toBe(false);
    await expect(nextFreePort('tcp', '192.0.2.1', 65_534)).rejects.toMatchObject({ code: 'host.port-taken' });
  });
});
