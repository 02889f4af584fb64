import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { chooseSshPort } from '../../../src/app/ssh-port.ts';
import { vmConfig } from '../../fixtures/machines.ts';

const servers: Server[] = [];

/** A port of the loopback that somebody listens on. */
async function busyPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  return (server.address() as AddressInfo).port;
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const port = await busyPort();
  await new Promise((resolve) => servers.pop()!.close(resolve));
  return port;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

const vm = (port: number, declared = false, name = 'dev') => vmConfig({ name, ssh: { port, declared } });

describe('chooseSshPort', () => {
  it('takes the declared port when it is free', async () => {
    const port = await freePort();
    expect(await chooseSshPort(vm(port), [vm(port)], new Set(), null)).toBe(port);
  });

  it('goes on from a port that is taken', async () => {
    const port = await busyPort();
    expect(await chooseSshPort(vm(port), [vm(port)], new Set(), null)).toBeGreaterThan(port);
  });

  it('keeps the port of the last start, unless the file names another', async () => {
    const [wished, before] = [await freePort(), await freePort()];
    expect(await chooseSshPort(vm(wished), [], new Set(), before)).toBe(before);
    expect(await chooseSshPort(vm(wished, true), [], new Set(), before)).toBe(wished);
  });

  it('never takes what another machine of the project declares', async () => {
    const port = await freePort();
    const web = vmConfig({ name: 'web', ports: [{ bind: '127.0.0.1', host: port, guest: 80, protocol: 'tcp' }] });
    expect(await chooseSshPort(vm(port), [vm(port), web], new Set(), null)).not.toBe(port);
    expect(await chooseSshPort(vm(port), [vm(port, true, 'web')], new Set(), null)).not.toBe(port);
  });

  it('gives machines that start side by side different ports', async () => {
    const port = await freePort();
    const promised = new Set<number>();
    const all = ['a', 'b', 'c'].map((name) => vm(port, false, name));
    const chosen = await Promise.all(all.map((one) => chooseSshPort(one, all, promised, null)));
    expect(new Set(chosen).size).toBe(3);
    expect(promised).toEqual(new Set(chosen));
  });
});
