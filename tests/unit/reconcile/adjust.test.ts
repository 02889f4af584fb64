import { beforeEach, describe, expect, it } from '@jest/globals';
import type { LiveStep } from '../../../src/model/live.ts';
import { RELOAD_SSHD } from '../../../src/model/sshd.ts';
import { MiB } from '../../../src/model/units.ts';
import { EventLog } from '../../../src/qemu/events.ts';
import { adjust, type Hands } from '../../../src/reconcile/adjust.ts';
import { Faults } from '../../fakes/faults.ts';
import { Guest } from '../../fakes/guest.ts';
import { FakeGateway, handsOf, monitorOf, Servers } from '../../fakes/hands.ts';
import { Hardware } from '../../fakes/hardware.ts';

const PLACE = { chardev: 'fs0', socket: '/run/fs0.sock' };
const UNPLUG: LiveStep = { do: 'unplug', title: 'take away the share at share0', device: 'share0', ...PLACE };
const SERVE: LiveStep = {
  ...{ do: 'serve', title: 'serve /a', ...PLACE },
  helper: {
    ...{ kind: 'virtiofsd', tag: 'a', share: { path: '/s/a', identity: '1:1' }, mode: 'rw' },
    ...{ socket: PLACE.socket, binary: '/virtiofsd', flavour: 'c' },
  },
  unless: { is: 'there', what: 'device', id: 'share0' },
};

let hardware: Hardware;
let guest: Guest;
let servers: Servers;
let hands: Hands;
let faults: Faults;

beforeEach(() => {
  hardware = new Hardware({ cpus: 4, memory: 256 * MiB, disk: { node: 'root', file: '/d', virtualSize: MiB } });
  servers = new Servers();
  guest = new Guest(hardware);
  Object.assign(hardware, { inside: guest, sockets: servers });
  faults = new Faults();
  hands = handsOf({ uuid: '', hardware, guest, servers, gateway: new FakeGateway(undefined) }, faults);
});

async function attach(): Promise<void> {
  await adjust([SERVE], hands);
  hardware.addChardev('fs0', PLACE.socket);
  hardware.addDevice({ driver: 'vhost-user-fs-pci', id: 'share0', chardev: 'fs0', tag: 'a', bus: 'rp1' });
}

describe('a share', () => {
  it('goes with all that is behind it', async () => {
    await attach();
    await adjust([UNPLUG], hands);
    expect([hardware.devices.size, hardware.chardevs.size, servers.list]).toEqual([0, 0, []]);
    faults.effects.length = 0;
    await adjust([UNPLUG], hands);
    expect(faults.effects).toEqual(['dismiss /run/fs0.sock']);
  });

  it('goes whose guest was asked already by somebody who was killed', async () => {
    await attach();
    guest.stubborn.add('share0');
    const log = new EventLog();
    const reached = { uuid: '', hardware, guest, servers, gateway: new FakeGateway(undefined) };
    await monitorOf(reached, faults, new EventLog()).execute('device_del', { id: 'share0' });
    const waiting = adjust([UNPLUG], handsOf(reached, faults, log));
    const emit = (event: string, data = {}): void => log.push({ event, data });
    setTimeout(() => hardware.drop('share0', { emit, cut: () => undefined }), 20);
    await waiting;
    expect([hardware.devices.size, hardware.chardevs.size, servers.list]).toEqual([0, 0, []]);
  });

  it('says what QEMU says when that cannot be taken away', async () => {
    await attach();
    hardware.devices.set('share0', { ...hardware.devices.get('share0')!, bus: undefined as unknown as string });
    await expect(adjust([UNPLUG], hands)).rejects.toMatchObject({ code: 'qmp.failed' });
    expect(servers.list).toHaveLength(1);
  });

  it('is never served by what was left at its place', async () => {
    servers.serve({
      ...(SERVE as { helper: Parameters<Servers['serve']>[0] }).helper,
      share: { path: '/other', identity: '' },
    });
    hardware.addChardev('fs0', PLACE.socket);
    await adjust([SERVE], hands);
    expect(hardware.chardevs.size).toBe(0);
    expect(servers.list.map(({ share, client }) => [share, client])).toEqual([['/s/a', null]]);
  });
});

describe('steps', () => {
  it('end with the first that fails', async () => {
    const step = (script: string): LiveStep => ({ do: 'guest', title: `run ${script}`, script });
    const failing = handsOf(
      { uuid: '', hardware, guest, servers, gateway: new FakeGateway(undefined) },
      new Faults({ failAt: 2 }),
    );
    const reload = RELOAD_SSHD;
    await expect(adjust([step(reload), step(reload), SERVE], failing)).rejects.toMatchObject({
      code: 'guest.agent',
      message: `dev could not run ${reload}`,
      why: expect.stringContaining('fails') as unknown,
    });
    expect(servers.list).toEqual([]);
  });

  it('are not begun when nobody wants them any more', async () => {
    const killed = handsOf(
      { uuid: '', hardware, guest, servers, gateway: new FakeGateway(undefined) },
      new Faults({ killAfter: 0 }),
    );
    await expect(adjust([SERVE], killed)).rejects.toThrow('killed');
    expect(servers.list).toEqual([]);
  });
});
