import type { BootPart, GuestMount, Helper, JudgedDirectory, OpenDirectory } from '../model/boot.ts';
import { NINEP_SLOTS, ninepSlot, sharePort } from '../model/chassis.ts';
import type { ShareConfig, VmConfig } from '../model/desired.ts';
import { AiVmError } from '../model/errors.ts';
import type { HostStep, LiveStep } from '../model/live.ts';
import { guestUid } from '../model/guest-user.ts';
import type { SeenShare } from '../model/observed.ts';
import { UNKNOWN, type BootContext, type Resource } from '../model/resource.ts';
import { remainAt, shareChanges, type SeenShares } from './share-changes.ts';
import { behind, byTarget, ids, placesOf, servedOf, type Place } from './share-places.ts';
import { adoptEntry, deviceArgv, mountTag, option, part } from './support.ts';

/** Which driver a share gets on this host. */
export function shareDriver(share: Pick<ShareConfig, 'driver'>, context: Pick<BootContext, 'host'>): 'virtiofs' | '9p' {
  if (share.driver !== 'auto') return share.driver;
  return context.host.virtiofsd.usable ? 'virtiofs' : '9p';
}

/** Places for 9p shares of a machine that starts from a template: all of them when one of its shares needs one, or none. */
export function slotsOf(vm: VmConfig, context: Pick<BootContext, 'host'>): number {
  // What agents bring along is shared as `auto`.
  const brought = vm.agents.some((agent) => agent.shareAuth) && !context.host.virtiofsd.usable;
  return brought || vm.shares.some((share) => shareDriver(share, context) === '9p') ? NINEP_SLOTS : 0;
}

/** Descriptors 0–2 are taken and 9 holds the project's lock. */
const descriptor = (index: number): number => (index < 6 ? 3 + index : 4 + index);

interface Served extends Place {
  readonly share: ShareConfig;
  readonly judged: JudgedDirectory;
}

function virtiofsDevice({ index, tag }: Served, paths: BootContext['paths']) {
  const port = sharePort(index);
  const { chardev, device } = ids(index);
  return {
    ...behind(index, paths),
    device: {
      driver: 'vhost-user-fs-pci',
      id: device,
      chardev,
      tag,
      ...(port === null ? {} : { bus: port }),
    },
  };
}

function helperOf(served: Served, { host, paths }: BootContext): Helper {
  if (!host.virtiofsd.usable) {
    throw new AiVmError('host.missing', `the share ${served.share.path} needs virtiofsd`, { fix: 'ai-vm doctor' });
  }
  const { socket, device } = virtiofsDevice(served, paths);
  const { binary, flavour } = host.virtiofsd;
  return {
    ...{ kind: 'virtiofsd', tag: device.tag, share: served.judged, mode: served.share.mode },
    ...{ socket, binary, flavour },
  };
}

const mountOf = ({ share: { mode, target }, tag }: Served): GuestMount => ({
  ...{ tag, target, type: 'virtiofs', options: [mode] },
});

function virtiofs(served: Served, context: BootContext): BootPart {
  const helper = helperOf(served, context);
  const { chardev, socket, device } = virtiofsDevice(served, context.paths);
  return part({
    argv:
      context.start === 'cold'
        ? ['-chardev', `socket,id=${chardev},path=${option(socket)}`, ...deviceArgv(device)]
        : [],
    helpers: [helper],
    guest: { mounts: [mountOf(served)] },
  });
}

function virtiofsLive(served: Served, { paths }: BootContext): HostStep[] {
  const { chardev, socket, device } = virtiofsDevice(served, paths);
  const backend = { type: 'socket', data: { addr: { type: 'unix', data: { path: socket } }, server: false } };
  return [
    {
      title: `reach the server of the share ${served.share.path}`,
      unless: { is: 'chardev', id: chardev },
      act: { via: 'qmp', command: 'chardev-add', args: { id: chardev, backend } },
    },
    {
      title: `attach the share ${served.share.path}`,
      unless: { is: 'there', what: 'device', id: device.id },
      act: { via: 'qmp', command: 'device_add', args: device },
    },
  ];
}

/** 9p shows the host's own numbers: with another one, the guest's user would not own what is theirs. */
function requireSameUid(share: ShareConfig, { runAs }: BootContext): void {
  if (guestUid(runAs) === runAs.uid) return;
  throw new AiVmError('share.refused', `the share ${share.path} cannot use 9p for user ${runAs.uid}`, {
    why: `The guest's system has that number for itself, so its first user is ${guestUid(runAs)}; only virtiofs translates.`,
    fix: 'ai-vm doctor says what virtiofs needs here; or run ai-vm as a user whose number is 1000 or more.',
  });
}

/** `none`: files belong to whom QEMU runs as. */
function ninepArgv(index: number, path: string, mode: ShareConfig['mode']): string[] {
  const id = ninepSlot(index);
  const fsdev = ['local', `id=${id}`, `path=${option(path)}`, 'security_model=none', 'multidevs=remap'];
  return [
    ...['-fsdev', [...fsdev, ...(mode === 'ro' ? ['readonly=on'] : [])].join(',')],
    ...deviceArgv({ driver: 'virtio-9p-pci', id, fsdev: id, mount_tag: id }),
  ];
}

function ninep({ share, judged, index }: Served, context: BootContext): BootPart {
  requireSameUid(share, context);
  const directory: OpenDirectory = { ...judged, fd: descriptor(index) };
  const mount: GuestMount = {
    tag: ninepSlot(index),
    target: share.target,
    type: '9p',
    options: [share.mode, 'trans=virtio', 'version=9p2000.L', 'msize=512000', 'cache=mmap'],
  };
  return part({
    // The opened directory, not its name: what was judged is what is served.
    argv: ninepArgv(index, `/proc/self/fd/${directory.fd}`, share.mode),
    directories: [directory],
    guest: { mounts: [mount] },
  });
}

/** Places that a template has and this machine does not use. */
function unused(used: number, { slots, paths }: BootContext): string[] {
  const free = Array.from({ length: Math.max(0, slots - used) }, (_, n) => used + n);
  return free.flatMap((index) => ninepArgv(index, paths.none, 'ro'));
}

function served(list: readonly ShareConfig[], driver: 'virtiofs' | '9p', context: BootContext): Served[] {
  const own = list.filter((share) => shareDriver(share, context) === driver);
  const placed = placesOf(own, driver === 'virtiofs' ? (context.attached ?? []) : []);
  return own.map((share) => servedAt(share, placed(share), context));
}

function servedAt(share: ShareConfig, place: Place, context: BootContext): Served {
  const judged = context.judged.get(share.path);
  if (!judged) throw new Error(`share ${share.path} was not judged`);
  return { share, judged, ...place };
}

const title = (what: string, { target }: ShareConfig): string => `${what} ${target}`;

function attachSteps(each: Served, context: BootContext): LiveStep[] {
  const helper = helperOf(each, context);
  const [reach, attach] = virtiofsLive(each, context);
  const place = behind(each.index, context.paths);
  return [
    { do: 'serve', title: title('serve', each.share), helper, unless: attach!.unless, ...place },
    { do: 'host', ...reach! },
    { do: 'host', ...attach! },
    { do: 'mount', title: title('mount', each.share), mount: mountOf(each) },
  ];
}

const detachSteps = (share: ShareConfig, found: SeenShare | undefined, context: BootContext): LiveStep[] => [
  { do: 'unmount', title: title('unmount', share), target: share.target, gone: !found },
  ...(found ? [unplug(found, context)] : []),
];

const unplug = ({ place }: SeenShare, { paths }: BootContext): LiveStep => ({
  ...{ do: 'unplug', title: `take away the share at ${ids(place).device}`, device: ids(place).device },
  ...behind(place, paths),
});

/** `shares`: directories of the host in the guest, through virtiofs where it can be used and 9p otherwise. */
export const shares: Resource<readonly ShareConfig[], SeenShares> = {
  name: 'shares',
  desired: (vm) => vm.shares,
  boot: (list, context) => {
    const ninepShares = served(list, '9p', context);
    // 9p first: what follows has the same address whether virtiofs shares are here or come later.
    const parts = [
      ...ninepShares.map((each) => ninep(each, context)),
      part({ argv: unused(ninepShares.length, context) }),
      ...served(list, 'virtiofs', context).map((each) => virtiofs(each, context)),
    ];
    return part({
      argv: parts.flatMap((p) => p.argv),
      helpers: parts.flatMap((p) => p.helpers),
      directories: parts.flatMap((p) => p.directories),
      guest: { mounts: parts.flatMap((p) => p.guest.mounts) },
    });
  },
  live: (list, context) => ({ host: served(list, 'virtiofs', context).flatMap((each) => virtiofsLive(each, context)) }),
  observe: ({ shares: attached, remains, argv }, applied) => {
    if (attached === null) return UNKNOWN;
    const ninepCount = (argv ?? []).filter((word) => /^local,id=slot\d+,path=\/proc\/self\/fd\//.test(word)).length;
    return { recorded: applied?.shares ?? null, attached, remains, ninep: ninepCount };
  },
  changes: shareChanges,
  steps: ({ key = '' }, desired, context) => {
    const attached = context.seen.shares ?? [];
    const left = remainAt(key);
    if (left !== null)
      return [{ do: 'clear', title: `end what is left at place ${left}`, ...behind(left, context.paths) }];
    const stray = attached.find(({ tag }) => tag === key);
    if (stray) return [{ do: 'unmount-tag', title: `unmount ${key}`, tag: key }, unplug(stray, context)];
    const [before, after] = [byTarget(context.applied.shares, key), byTarget(desired, key)];
    // It may be half there: what is missing is made.
    const stays = before && after && mountTag(before) === mountTag(after) && servedOf(after, attached);
    const goes = before && !stays ? servedOf(before, attached) : undefined;
    const detach = before && !stays ? detachSteps(before, goes, context) : [];
    if (!after) return detach;
    const placed = placesOf([after], attached, goes);
    return [...detach, ...attachSteps(servedAt(after, placed(after), context), context)];
  },
  adopt: (applied, { key = '' }, { shares: after }) => ({
    ...applied,
    config: { ...applied.config, shares: adoptEntry(applied.config.shares, after, key, (share) => share.target) },
  }),
};
