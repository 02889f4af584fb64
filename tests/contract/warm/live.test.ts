/** Each change of a machine that runs, against a real QEMU: not so, done, so; and done again, nothing happens. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { pluggedMemory } from '../../../src/model/chassis.ts';
import type { VmConfig } from '../../../src/model/desired.ts';
import { EMPTY_LIVE, type HostStep } from '../../../src/model/live.ts';
import type { Resource } from '../../../src/model/resource.ts';
import { applyHost, holds } from '../../../src/reconcile/live.ts';
import { memory } from '../../../src/resources/memory.ts';
import { ports } from '../../../src/resources/ports.ts';
import { shares } from '../../../src/resources/shares.ts';
import { storage } from '../../../src/resources/storage.ts';
import { bootContext, paths, vmConfig } from '../../fixtures/machines.ts';
import { CHASSIS, DISK_SIZE, MEMORY, startChassis, type Chassis } from './bench.ts';

let dir: string;
let chassis: Chassis;
const servers: Server[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ai-vm-live-'));
  const disk = join(dir, 'disk.qcow2');
  await execa('qemu-img', ['create', '-q', '-f', 'qcow2', disk, String(DISK_SIZE)]);
  chassis = await startChassis(dir, 'live', disk, ['-S']);
});
afterEach(async () => {
  await chassis.end();
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  await rm(dir, { recursive: true });
});

async function listen(where: string | number): Promise<number> {
  const server = createServer();
  servers.push(server);
  server.listen(typeof where === 'string' ? { path: where } : { port: where, host: '127.0.0.1' });
  await once(server, 'listening');
  const address = server.address() as AddressInfo | string;
  return typeof address === 'string' ? 0 : address.port;
}

/** A port that nothing listens on. */
async function freePort(): Promise<number> {
  const port = await listen(0);
  await new Promise((resolve) => servers.pop()?.close(resolve));
  return port;
}

function stepsOf<D, O>(resource: Resource<D, O>, vm: VmConfig): readonly HostStep[] {
  const judged = new Map(vm.shares.map(({ path }) => [path, { path, identity: '1:1' }]));
  const context = bootContext({ vm, judged, start: 'warm', paths: { ...paths(), run: dir } });
  return resource.live?.(resource.desired(vm), context).host ?? [];
}

const apply = (steps: readonly HostStep[], fresh: boolean): Promise<void> =>
  applyHost(chassis.qmp, { ...EMPTY_LIVE, host: steps }, fresh);

/** A second time without looking would be refused: so it is seen that looking keeps from acting. */
async function comesAbout(steps: readonly HostStep[]): Promise<void> {
  expect(steps.length).toBeGreaterThan(0);
  for (const step of steps) {
    expect([step.title, await holds(chassis.qmp, step.unless)]).toEqual([step.title, false]);
    await apply([step], true);
    expect([step.title, await holds(chassis.qmp, step.unless)]).toEqual([step.title, true]);
  }
  await apply(steps, false);
}

describe('a machine that runs', () => {
  it('is given memory: an object, and a device on its root port', async () => {
    const steps = stepsOf(memory, vmConfig({ memory: MEMORY }));
    await comesAbout(steps);
    await expect(apply(steps, true)).rejects.toMatchObject({ code: 'qmp.failed' });
    const path = '/machine/peripheral/memory1';
    const requested = await chassis.qmp.execute('qom-get', { path, property: 'requested-size' });
    expect(requested).toBe(pluggedMemory(MEMORY, CHASSIS));
    // There is no guest that could take it.
    const at = (value: number) => holds(chassis.qmp, { is: 'at-least', path, property: 'size', value });
    expect([await at(0), await at(1)]).toEqual([true, false]);
    const summary = await chassis.qmp.execute('query-memory-size-summary');
    expect(summary).toMatchObject({ 'base-memory': CHASSIS.base });
  });

  it('is given a larger disk', async () => {
    await comesAbout(stepsOf(storage, vmConfig({ storage: 2 * DISK_SIZE })));
    // One that is larger already is left alone: to shrink it would lose what is on it.
    await apply(stepsOf(storage, vmConfig({ storage: DISK_SIZE })), false);
    const bytes = 2 * DISK_SIZE;
    expect(await holds(chassis.qmp, { is: 'block-size', node: 'root', bytes })).toBe(true);
  });

  it('is given ports', async () => {
    const port = { bind: '127.0.0.1', host: await freePort(), guest: 80, protocol: 'tcp' as const };
    const udp = { ...port, protocol: 'udp' as const };
    await comesAbout(stepsOf(ports, vmConfig({ ports: [port, udp] })));
  });

  it('is not given a port that somebody has', async () => {
    const host = await listen(0);
    const steps = stepsOf(ports, vmConfig({ ports: [{ bind: '127.0.0.1', host, guest: 80, protocol: 'tcp' }] }));
    await expect(apply(steps, false)).rejects.toMatchObject({
      code: 'host.port-taken',
      message: `could not forward 127.0.0.1:${host}/tcp`,
      why: expect.stringContaining(String(host)) as unknown,
    });
    expect(await holds(chassis.qmp, steps[0]!.unless)).toBe(false);
  });

  it('is given the socket of a share', async () => {
    await listen(join(dir, 'fs0.sock'));
    const share = { path: '/a', target: '/mnt/a', mode: 'rw', driver: 'auto', allowSensitive: false } as const;
    const [chardev, device] = stepsOf(shares, vmConfig({ shares: [share] }));
    await comesAbout([chardev!]);
    expect(await holds(chassis.qmp, device!.unless)).toBe(false);
  });

  it('is not given the socket of a share that nobody serves', async () => {
    const share = { path: '/a', target: '/mnt/a', mode: 'rw', driver: 'auto', allowSensitive: false } as const;
    const [chardev] = stepsOf(shares, vmConfig({ shares: [share] }));
    await expect(apply([chardev!], true)).rejects.toMatchObject({ code: 'qmp.failed' });
    expect(await holds(chassis.qmp, chardev!.unless)).toBe(false);
  });
});
