import { describe, expect, it } from '@jest/globals';
import type { VmConfig } from '../../../src/model/desired.ts';
import type { Change } from '../../../src/model/plan.ts';
import { GiB, MiB } from '../../../src/model/units.ts';
import { changesOf } from '../../../src/reconcile/changes.ts';
import { RESOURCES } from '../../../src/resources/index.ts';
import { running, vmConfig } from '../../fixtures/machines.ts';

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
      sightings: {
        ...scratch.sightings,
        argv: [...(scratch.sightings.argv ?? []), '-device', 'virtio-blk-pci,id=disk-scratch,drive=scratch'],
      },
    };
    expect(summary(changesOf(RESOURCES, vmConfig({ overlay: true, storage: 10 * GiB }), seen))).toEqual([
      'storage: 20 GiB → 10 GiB (reboot)',
    ]);
  });

  it('tell a declared port that leads to the guest’s SSH from the machine’s own', () => {
    const own = { bind: '127.0.0.1', host: 2022, guest: 22, protocol: 'tcp' as const };
    expect(changes({ ports: [own] }, { ports: [own] })).toEqual([]);
    expect(summary(changes({ ports: [own] }, {}))).toEqual(['ports 127.0.0.1:2022/tcp: guest port 22 → none (reboot)']);
  });

  it('compare memory in the whole MiB that QEMU is given', () => {
    expect(changes({ memory: 2 * GiB }, { memory: 2 * GiB + 5 })).toEqual([]);
    expect(summary(changes({ memory: 2 * GiB }, { memory: 2 * GiB + MiB }))).toEqual([
      'memory: 2 GiB → 2049 MiB (reboot)',
    ]);
  });

  it('are not invented for what cannot be seen', () => {
    const blind = running(vmConfig(), { applied: null });
    const sightings = { ...blind.sightings, cpus: null, forwards: null, storage: null };
    expect(changesOf(RESOURCES, vmConfig({ cpus: 7, storage: 1, users: ['x'] }), { ...blind, sightings })).toEqual([]);
  });
});
