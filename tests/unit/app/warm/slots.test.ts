import { describe, expect, it } from '@jest/globals';
import { argumentsOf, templateBoot } from '../../../../src/app/warm/shape.ts';
import type { ShareConfig, VmConfig } from '../../../../src/model/desired.ts';
import type { Bundle } from '../../../../src/model/image.ts';
import type { BootContext } from '../../../../src/model/resource.ts';
import { slotsOf } from '../../../../src/resources/shares.ts';
import { bootContext, bundle, capabilities, vmConfig } from '../../../fixtures/machines.ts';

const warmBundle: Bundle = {
  ...bundle,
  manifest: { ...bundle.manifest, features: [...bundle.manifest.features, 'virtio-mem', 'warm'] },
};
const noVirtiofs = capabilities({ virtiofsd: { usable: false, reason: 'none here' } });

const share = (n: number, over: Partial<ShareConfig> = {}): ShareConfig => ({
  ...{ path: `/home/ann/s${n}`, target: `/mnt/host-rw/s${n}`, mode: 'rw', driver: 'auto', allowSensitive: false },
  ...over,
});

function clone(vm: VmConfig, over: Partial<BootContext> = {}): BootContext {
  const judged = new Map(vm.shares.map(({ path }, n) => [path, { path, identity: `1:${n}` }]));
  const context = bootContext({ vm, judged, start: 'warm', bundle: warmBundle, ...over });
  return { ...context, slots: slotsOf(vm, context) };
}

/** What the guest sees of the devices: what they are, in the order that decides their addresses, and their tags. */
const devices = (context: BootContext): string[] => {
  const { argv } = argumentsOf(context, new Map()).machine;
  return argv
    .filter((_, n) => argv[n - 1] === '-device')
    .map((device) => `${device.split(',')[0]!} ${/mount_tag=\w+/.exec(device)?.[0] ?? ''}`.trim());
};

const tags = (context: BootContext): string[] => devices(context).filter((device) => device.includes('mount_tag'));

const SLOTS = [0, 1, 2, 3, 4, 5].map((n) => `virtio-9p-pci mount_tag=slot${n}`);

describe('a template and the machine that starts from it', () => {
  const machines: readonly (readonly [string, VmConfig, Partial<BootContext>])[] = [
    ['of no shares', vmConfig(), {}],
    ['of shares through virtiofs', vmConfig({ shares: [share(0), share(1)] }), {}],
    ['of one share through 9p', vmConfig({ shares: [share(0, { driver: '9p' })] }), {}],
    [
      'of as many as there are places',
      vmConfig({ shares: [0, 1, 2, 3, 4, 5].map((n) => share(n)) }),
      { host: noVirtiofs },
    ],
    ['of both', vmConfig({ shares: [share(0), share(1, { driver: '9p', mode: 'ro' }), share(2)] }), {}],
    ['of a sound card', vmConfig({ audio: { driver: 'pa', path: null } }), {}],
    [
      'of everything',
      vmConfig({
        overlay: true,
        audio: { driver: 'wav', path: '/tmp/a.wav' },
        shares: [share(0, { driver: '9p' }), share(1)],
      }),
      {},
    ],
  ];

  it.each(machines)('have the same devices at the same addresses: %s', (_title, vm, over) => {
    const machine = clone(vm, over);
    expect(devices(machine)).toEqual(devices(templateBoot(vm, machine)));
  });

  it('have places for 9p shares only where one of the shares needs one', () => {
    expect(tags(clone(vmConfig({ shares: [share(0)] })))).toEqual([]);
    expect(tags(clone(vmConfig({ shares: [share(0, { driver: '9p' })] })))).toEqual(SLOTS);
    expect(tags(clone(vmConfig({ shares: [share(0)] }), { host: noVirtiofs }))).toEqual(SLOTS);
  });

  it('have them also for what agents bring along, which nobody has declared', () => {
    const vm = vmConfig({ agents: [{ name: 'claude', shareAuth: true }] });
    const brought = { ...vm, shares: [share(0)] };
    for (const host of [capabilities(), noVirtiofs]) {
      expect(slotsOf(vm, { host })).toBe(slotsOf(brought, { host }));
    }
    expect(slotsOf(vm, { host: noVirtiofs })).toBe(6);
  });

  it('serve an empty directory, read-only, in places that are not used', () => {
    const machine = clone(vmConfig({ shares: [share(0, { driver: '9p' })] }));
    const served = (context: BootContext): string[] =>
      argumentsOf(context, new Map()).machine.argv.filter((each) => each.startsWith('local,'));
    const none = (n: number): string =>
      `local,id=slot${n},path=/run/user/1000/ai-vm/0123abcd/dev/none,security_model=none,multidevs=remap,readonly=on`;
    const [first, ...others] = served(machine);
    expect(first).toBe('local,id=slot0,path=/proc/self/fd/3,security_model=none,multidevs=remap');
    expect(others).toEqual([1, 2, 3, 4, 5].map(none));
    expect(served(templateBoot(machine.vm, machine))).toEqual([0, 1, 2, 3, 4, 5].map(none));
  });

  it('play nothing while the template is made', () => {
    const vm = vmConfig({ audio: { driver: 'wav', path: '/tmp/a.wav' } });
    const argv = (context: BootContext): string => argumentsOf(context, new Map()).machine.argv.join(' ');
    expect(argv(clone(vm))).toContain('wav,id=audio-dev,path=/tmp/a.wav');
    expect(argv(templateBoot(vm, clone(vm)))).toContain('none,id=audio-template');
  });
});

describe('the same machine when it boots', () => {
  it('has only the 9p devices that it uses, and the guest mounts them by the same tags', () => {
    const vm = vmConfig({ shares: [share(0), share(1, { driver: '9p' }), share(2, { driver: '9p', mode: 'ro' })] });
    const warm = clone(vm);
    const cold = { ...warm, start: 'cold' as const, slots: 0 };
    const mounts = (context: BootContext): readonly (readonly string[])[] =>
      argumentsOf(context, new Map()).parts.flatMap(({ guest }) =>
        guest.mounts.map(({ tag, target }) => [tag, target]),
      );
    expect(tags(cold)).toEqual(SLOTS.slice(0, 2));
    expect(mounts(cold)).toEqual(mounts(warm));
    expect(mounts(cold)).toEqual([
      ['slot0', '/mnt/host-rw/s1'],
      ['slot1', '/mnt/host-rw/s2'],
      [expect.stringMatching(/^rw[0-9a-f]{8}-s0$/), '/mnt/host-rw/s0'],
    ]);
  });
});
