import { describe, expect, it } from '@jest/globals';
import type { NixosImage, VmConfig } from '../../../src/model/desired.ts';
import type { Change } from '../../../src/model/plan.ts';
import { GiB, MiB } from '../../../src/model/units.ts';
import { changesOf, concernsGuest } from '../../../src/reconcile/changes.ts';
import { RESOURCES } from '../../../src/resources/index.ts';
import { debianImage, NIXOS, running, vmConfig } from '../../fixtures/machines.ts';

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
            image: { provider: 'debian', packages: ['jq'], agents: ['claude'], desktop: true },
            desktop: { width: 1280, height: 800 },
          },
        ),
      ),
    ).toEqual([
      'nested: true → false (reboot)',
      'cpus: 2 → 4 (live)',
      'memory: 2 GiB → 3 GiB (live)',
      'desktop: none → in the image (recreate)',
      'agents claude: none → in the image (recreate)',
      'storage: 20 GiB → 30 GiB (live)',
      'ports 127.0.0.1:1/tcp: guest port 10 → none (live)',
      'ports 127.0.0.1:2/tcp: guest port 20 → guest port 21 (live)',
      'ports 127.0.0.1:3/tcp: none → guest port 30 (live)',
      'audio: off → wav (reboot)',
      'hostname: dev → box (reboot)',
      'users: dev → ann (live)',
      'env A: set → set to another value (live)',
      'env B: set → none (live)',
      'env C: none → set (live)',
      'packages jq: none → installed (live)',
    ]);
  });

  it('are of the guest, which forgets them when it boots, but for ports', () => {
    const port = { bind: '127.0.0.1', host: 8080, guest: 80, protocol: 'tcp' as const };
    const of = (after: Partial<VmConfig>): boolean => concernsGuest(RESOURCES, changes({}, after));
    expect(of({})).toBe(false);
    expect(of({ ports: [port], ssh: { port: 2022, declared: true } })).toBe(false);
    expect(of({ ports: [port], cpus: 3 })).toBe(true);
    expect(of({ image: debianImage(['jq']) })).toBe(true);
  });

  describe('of packages', () => {
    const debian = (packages: string[], over: Partial<VmConfig> = {}): Partial<VmConfig> => ({
      image: debianImage(packages),
      ...over,
    });
    const nixos = (packages: string[]): NixosImage => ({ ...NIXOS, packages });

    it('are live where they are new, and need a new disk where they are to go, each with its reason', () => {
      expect(changes(debian(['git', 'jq']), debian(['git', 'tree']))).toMatchObject([
        { field: 'packages jq', class: 'recreate', reason: expect.stringContaining('stays on it') as unknown },
        { field: 'packages tree', class: 'live', after: 'installed', reason: 'the guest installs it' },
      ]);
    });

    it.each([
      ['NixOS builds as a whole', { image: nixos([]) }, { image: nixos(['jq']) }],
      ['a machine has that forgets', debian([], { overlay: true }), debian(['jq'], { overlay: true })],
    ])('need a new disk where %s', (_, before, after) => {
      const seen = running(vmConfig(before));
      const argv = before.overlay ? [...(seen.sightings.argv ?? []), 'disk-scratch'] : seen.sightings.argv;
      const observed = { ...seen, sightings: { ...seen.sightings, argv } };
      expect(changesOf(RESOURCES, vmConfig(after), observed)).toMatchObject([
        { field: 'packages jq', class: 'recreate', reason: expect.stringContaining('a new disk') as unknown },
      ]);
    });

    it('that were cut off outlast a stop: half of one is on the disk', () => {
      const vm = vmConfig();
      const begun = [
        { resource: 'packages', field: 'packages jq', key: 'jq' },
        { resource: 'users', field: 'users' },
      ];
      const { applied, ...seen } = running(vm);
      const found = changesOf(RESOURCES, vm, { ...seen, process: null, applied: { ...applied!, begun } });
      expect(found).toMatchObject([{ field: 'packages jq', before: 'half changed', class: 'live' }]);
    });
  });

  it('name what a NixOS image is made from', () => {
    const image: NixosImage = {
      ...{ provider: 'nixos', packages: [], agents: [], flake: null, modules: ['/p/a.nix'], store: 'image' },
      ...{ user: 'dev', audio: false, desktop: false },
    };
    const flake = { kind: 'local', ref: '/p/nix', output: 'vm' } as const;
    expect(summary(changes({ image }, { image: { ...image, flake, modules: ['/p/b.nix'], store: 'host' } }))).toEqual([
      'flake: none → /p/nix#vm (recreate)',
      'modules /p/a.nix: in the image → none (recreate)',
      'modules /p/b.nix: none → in the image (recreate)',
      'store: image → host (recreate)',
    ]);
    expect(summary(changes({}, { image }))).toEqual(['image: debian → nixos (recreate)']);
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
    expect(summary(changes({ ports: [own] }, {}))).toEqual(['ports 127.0.0.1:2022/tcp: guest port 22 → none (live)']);
  });

  it('compare memory in the whole blocks that QEMU is given', () => {
    expect(changes({ memory: 2 * GiB }, { memory: 2 * GiB + 5 })).toEqual([]);
    expect(changes({ memory: 2 * GiB }, { memory: 2 * GiB + MiB })).toEqual([]);
    expect(summary(changes({ memory: 2 * GiB }, { memory: 2 * GiB + 2 * MiB }))).toEqual([
      'memory: 2 GiB → 2050 MiB (live)',
    ]);
  });

  it('are not invented for what cannot be seen', () => {
    const blind = running(vmConfig(), { applied: null });
    const sightings = { ...blind.sightings, cpus: null, forwards: null, storage: null };
    expect(changesOf(RESOURCES, vmConfig({ cpus: 7, storage: 1, users: ['x'] }), { ...blind, sightings })).toEqual([]);
  });
});
