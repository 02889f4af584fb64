/** Which template a machine could start from: decided by image, chassis and host, and never by what the file says beyond. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { release } from 'node:os';
import type { TemplateKey } from '../../images/templates.ts';
import type { Capabilities, RunAs } from '../../model/capabilities.ts';
import { TEMPLATE_CPUS, chassisOf, sharePort } from '../../model/chassis.ts';
import type { ShareConfig, VmConfig } from '../../model/desired.ts';
import type { Bundle } from '../../model/image.ts';
import type { Identity, MachinePaths } from '../../model/machine.ts';
import type { BootContext } from '../../model/resource.ts';
import { MiB } from '../../model/units.ts';
import { machineArguments } from '../../qemu/argv.ts';
import { RESOURCES } from '../../resources/index.ts';
import { shareDriver, slotsOf } from '../../resources/shares.ts';

/** Raised when what a template holds, or how it was prepared, changes. */
const FORMAT = 6;

/** Size of the scratch disk that a template of a machine that forgets was booted with; it grows like any other. */
export const TEMPLATE_SCRATCH = 256 * MiB;

/** The declared shares, and those that bring the agents' logins: see effective.ts. */
const attached = (vm: VmConfig): readonly Pick<ShareConfig, 'driver'>[] => [
  ...vm.shares,
  ...vm.agents.filter((agent) => agent.shareAuth).map(() => ({ driver: 'auto' as const })),
];

/** Why a machine cannot start from any template, for people; null when it can. */
export function coldReason(vm: VmConfig, bundle: Bundle, host: Capabilities): string | null {
  const { features } = bundle.manifest;
  // Its user's session is part of a boot, and most of what a start would save.
  if (vm.desktop !== false) return 'a desktop is booted';
  if (!features.includes('virtio-mem') || !features.includes('warm')) return 'its image is not made for it';
  const hotPlugged = attached(vm).filter((share) => shareDriver(share, { host }) === 'virtiofs');
  if (sharePort(hotPlugged.length - 1) === null) return 'it has more shares than can be attached later';
  return null;
}

/** The machine that a template is booted as: the bare chassis of a declared one. */
export function templateVm(vm: VmConfig, bundle: Bundle): VmConfig {
  return {
    ...vm,
    ...{ name: 'template', hostname: 'template', users: [], agents: [], env: {}, labels: {} },
    ...{ shares: [], ports: [], provision: [], healthcheck: null },
    // A guest knows the card, and not who plays it.
    audio: vm.audio === false ? false : { driver: 'none', path: null },
    ...{ ssh: { port: 0, declared: false }, warm: true },
    cpus: Math.min(TEMPLATE_CPUS, chassisOf(vm).cpus),
    storage: vm.overlay ? TEMPLATE_SCRATCH : bundle.manifest.disk.virtualSize,
  };
}

const NOBODY: Identity = {
  ...{ formatVersion: 1, uuid: '00000000-0000-4000-8000-000000000000', machineId: '0'.repeat(32) },
  ...{ mac: '52:54:00:00:00:01', provider: 'debian', publicKey: '', hostKey: '', createdAt: '' },
};

/** What a template's machine is started with, on the paths given. */
export function templateBoot(
  vm: VmConfig,
  surroundings: Pick<BootContext, 'bundle' | 'host' | 'runAs' | 'paths'>,
): BootContext {
  const slots = slotsOf(vm, surroundings);
  const shape = templateVm(vm, surroundings.bundle);
  const chassis = chassisOf(vm);
  return { ...surroundings, start: 'warm', slots, chassis, vm: shape, identity: NOBODY, sshPort: 0, judged: new Map() };
}

export function argumentsOf(context: BootContext, credentials: ReadonlyMap<string, string>) {
  const parts = RESOURCES.map((resource) => resource.boot(resource.desired(context.vm), context));
  return { parts, machine: machineArguments(context, parts, credentials) };
}

const hash16 = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);

/** Every path becomes its own name, so that arguments can be compared wherever machines live. */
const NAMELESS = new Proxy({} as MachinePaths, {
  get: (_, name) =>
    name === 'qmp' ? { control: 'control', events: 'events', read: ['read0', 'read1'] } : String(name),
});

async function fingerprint(path: string): Promise<string> {
  const seen = await stat(path);
  return `${path} ${seen.size} ${Math.floor(seen.mtimeMs)}`;
}

/** What a guest that was saved has to find again: the accelerator, and under KVM the host's processor. */
export const processorOf = async (host: Capabilities): Promise<string> =>
  [host.accelerator.accelerator, await cpuOf(host)].join(' ').trim();

/** Under KVM the guest sees the host's processor; under emulation it does not. */
async function cpuOf(host: Capabilities): Promise<string> {
  if (host.accelerator.accelerator !== 'kvm') return '';
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  return hash16(
    ['model name', 'flags', 'microcode'].map((name) => new RegExp(`^${name}\\s*:.*$`, 'm').exec(text)?.[0]),
  );
}

/** What of a host a template is bound to. */
export const factsOf = async (host: Capabilities): Promise<TemplateKey['host']> => ({
  qemu: `${host.qemu.version} ${await fingerprint(host.qemu.binary)}`,
  kernel: release(),
  accelerator: host.accelerator.accelerator,
  cpu: await cpuOf(host),
});

/** A template's machine on no paths at all: what the key of the template depends on, and nothing beside. */
export const templateShape = (vm: VmConfig, bundle: Bundle, host: Capabilities, runAs: RunAs): BootContext =>
  templateBoot(vm, { bundle, host, runAs, paths: NAMELESS });

/**
 * @param shape of {@link templateShape}
 * @param facts of this host, as they are now: {@link factsOf}
 */
export function templateKey(shape: BootContext, facts: TemplateKey['host']): TemplateKey {
  const { argv } = argumentsOf(shape, new Map()).machine;
  const { bundle, chassis, vm, slots } = shape;
  const slot = hash16([
    bundle.manifest.digest,
    ...[chassis.cpus, chassis.memory.base, vm.overlay, vm.nested],
    ...[vm.audio !== false, slots],
    ...(vm.network ? ['gateway'] : []),
  ]);
  return { slot, digest: hash16([FORMAT, slot, facts, argv]), host: facts };
}
