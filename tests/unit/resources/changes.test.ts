import { describe, expect, it } from '@jest/globals';
import type { VmConfig } from '../../../src/model/desired.ts';
import type { Change } from '../../../src/model/plan.ts';
import { GiB, MiB } from '../../../src/model/units.ts';
import { changesOf } from '../../../src/reconcile/changes.ts';
import { RESOURCES } from '../../../src/resources/index.ts';
import { parseForwards } from '../../../src/resources/ports.ts';
import { running, usernet, vmConfig } from '../../fixtures/machines.ts';

const changes = (before: Partial<VmConfig>, after: Partial<VmConfig>): Change[] =>
  changesOf(RESOURCES, vmConfig(after), running(vmConfig(before)));

const summary = (list: Change[]): string[] => list.map((c) => `${c.field}: ${c.before} → ${c.after} (${c.class})`);

describe('changes', () => {
  it('are none when nothing changed', () => {
    expect(changes({}, {})).toEqual([]);
  });

  it('name field, before, after and class', () => {
    const port = (host: number, guest: number) => ({ bind: '127.0.0.1', host, guest, protocol: 'tcp' as const });
    expect(
      summary(
        changes(
          { ports: [port(1, 10), port(2, 20)], env: { A: 'secret', B: 'b' }, nested: true },
          {
            cpus: 4,
            memory: 3 * GiB,
            storage: 30 * GiB,
            ports: [port(2, 21), port(3, 30)],
            env: { A: 'other', C: 'c' },
            nested: false,
            users: ['ann'],
            hostname: 'box',
            audio: { driver: 'wav', path: null },
            image: { provider: 'debian', packages: ['jq'], agents: ['claude'] },
          },
        ),
      ),
    ).toEqual([
      'nested: true → false (reboot)',
      'cpus: 2 → 4 (reboot)',
      'memory: 2 GiB → 3 GiB (reboot)',
      'packages jq: none → in the image (recreate)',
      'agents claude: none → in the image (recreate)',
      'storage: 20 GiB → 30 GiB (reboot)',
      'ports 127.0.0.1:1/tcp: guest port 10 → none (reboot)',
      'ports 127.0.0.1:2/tcp: guest port 20 → guest port 21 (reboot)',
      'ports 127.0.0.1:3/tcp: none → guest port 30 (reboot)',
      'audio: off → wav (reboot)',
      'hostname: dev → box (reboot)',
      'users: dev → ann (reboot)',
      'env A: set → set to another value (reboot)',
      'env B: set → none (reboot)',
      'env C: none → set (reboot)',
    ]);
  });

  it('call a smaller disk a loss of data, but not that of an overlay machine', () => {
    expect(summary(changes({ storage: 20 * GiB }, { storage: 10 * GiB }))).toEqual([
      'storage: 20 GiB → 10 GiB (recreate)',
    ]);
    const scratch = running(vmConfig({ overlay: true }));
    const seen = {
      ...scratch,
      sightings: { ...scratch.sightings, argv: ['-device', 'virtio-blk-pci,id=disk-scratch,drive=scratch'] },
    };
    expect(summary(changesOf(RESOURCES, vmConfig({ overlay: true, storage: 10 * GiB }), seen))).toEqual([
      'storage: 20 GiB → 10 GiB (reboot)',
    ]);
  });

  it('compare memory in the whole MiB that QEMU is given', () => {
    expect(changes({ memory: 2 * GiB }, { memory: 2 * GiB + 5 })).toEqual([]);
    expect(summary(changes({ memory: 2 * GiB }, { memory: 2 * GiB + MiB }))).toEqual([
      'memory: 2 GiB → 2049 MiB (reboot)',
    ]);
  });

  it('are not invented for what cannot be seen', () => {
    const blind = running(vmConfig(), { applied: null });
    const sightings = { ...blind.sightings, cpus: null, usernet: null, storage: null };
    expect(changesOf(RESOURCES, vmConfig({ cpus: 7, storage: 1, users: ['x'] }), { ...blind, sightings })).toEqual([]);
  });
});

describe('parseForwards', () => {
  it('reads what QEMU 7.2 prints, connections of other kinds left out', () => {
    const config = vmConfig({ ports: [{ bind: '0.0.0.0', host: 53, guest: 5353, protocol: 'udp' }] });
    const text = `${usernet(2222, config)}  TCP[ESTABLISHED]  44  10.0.2.15 4000  1.2.3.4 443 0 0\r\n`;
    expect(parseForwards(text)).toEqual([
      { bind: '127.0.0.1', host: 2222, guest: 22, protocol: 'tcp' },
      { bind: '0.0.0.0', host: 53, guest: 5353, protocol: 'udp' },
    ]);
  });
});
