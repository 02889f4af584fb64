import type { BootPart, GuestMount, Helper, JudgedDirectory, OpenDirectory } from '../model/boot.ts';
import type { ShareConfig } from '../model/desired.ts';
import { AiVmError } from '../model/errors.ts';
import { guestUid } from '../model/guest-user.ts';
import { UNKNOWN, type BootContext, type Resource } from '../model/resource.ts';
import { keyedChanges, mountTag, option, part } from './support.ts';

/** Which driver a share gets on this host. */
export function shareDriver(share: ShareConfig, context: Pick<BootContext, 'host'>): 'virtiofs' | '9p' {
  if (share.driver !== 'auto') return share.driver;
  return context.host.virtiofsd.usable ? 'virtiofs' : '9p';
}

/** Descriptors 0–2 are taken and 9 holds the project's lock. */
const descriptor = (index: number): number => (index < 6 ? 3 + index : 4 + index);

function virtiofs(share: ShareConfig, judged: JudgedDirectory, index: number, context: BootContext): BootPart {
  const { host, paths } = context;
  if (!host.virtiofsd.usable) throw new Error('unreachable: the driver was chosen by what is usable');
  const tag = mountTag(share.mode, judged.path);
  const socket = `${paths.run}/fs${index}.sock`;
  const helper: Helper = {
    kind: 'virtiofsd',
    tag,
    share: judged,
    mode: share.mode,
    socket,
    binary: host.virtiofsd.binary,
    flavour: host.virtiofsd.flavour,
  };
  const mount: GuestMount = { tag, target: share.target, type: 'virtiofs', options: [share.mode] };
  return part({
    argv: [
      ...['-chardev', `socket,id=fs${index},path=${option(socket)}`],
      ...['-device', `vhost-user-fs-pci,id=share${index},chardev=fs${index},tag=${tag}`],
    ],
    helpers: [helper],
    guest: { mounts: [mount] },
  });
}

/** 9p shows the host's own numbers: with another one, the guest's user would not own what is theirs. */
function requireSameUid(share: ShareConfig, { runAs }: BootContext): void {
  if (guestUid(runAs) === runAs.uid) return;
  throw new AiVmError('share.refused', `the share ${share.path} cannot use 9p for user ${runAs.uid}`, {
    why: `The guest's system has that number for itself, so its first user is ${guestUid(runAs)}; only virtiofs translates.`,
    fix: 'ai-vm doctor says what virtiofs needs here; or run ai-vm as a user whose number is 1000 or more.',
  });
}

function ninep(share: ShareConfig, judged: JudgedDirectory, index: number, context: BootContext): BootPart {
  requireSameUid(share, context);
  const tag = mountTag(share.mode, judged.path);
  const directory: OpenDirectory = { ...judged, fd: descriptor(index) };
  // The opened directory, not its name: what was judged is what is served. `none`: files belong to whom QEMU runs as.
  const fsdev = [
    'local',
    `id=fs${index}`,
    `path=/proc/self/fd/${directory.fd}`,
    'security_model=none',
    'multidevs=remap',
    ...(share.mode === 'ro' ? ['readonly=on'] : []),
  ];
  const mount: GuestMount = {
    tag,
    target: share.target,
    type: '9p',
    options: [share.mode, 'trans=virtio', 'version=9p2000.L', 'msize=512000', 'cache=mmap'],
  };
  return part({
    argv: [
      ...['-fsdev', fsdev.join(',')],
      ...['-device', `virtio-9p-pci,id=share${index},fsdev=fs${index},mount_tag=${tag}`],
    ],
    directories: [directory],
    guest: { mounts: [mount] },
  });
}

const key = (share: ShareConfig): string => share.target;
const text = (share: ShareConfig): string => `${share.path} (${share.mode})`;
const byTarget = (shares: readonly ShareConfig[]): Map<string, string> => new Map(shares.map((s) => [key(s), text(s)]));

/** `shares`: directories of the host in the guest, through virtiofs where it can be used and 9p otherwise. */
export const shares: Resource<readonly ShareConfig[]> = {
  name: 'shares',
  desired: (vm) => vm.shares,
  boot: (list, context) => {
    const parts = list.map((share, index) => {
      const judged = context.judged.get(share.path);
      if (!judged) throw new Error(`share ${share.path} was not judged`);
      return shareDriver(share, context) === 'virtiofs'
        ? virtiofs(share, judged, index, context)
        : ninep(share, judged, index, context);
    });
    return part({
      argv: parts.flatMap((p) => p.argv),
      helpers: parts.flatMap((p) => p.helpers),
      directories: parts.flatMap((p) => p.directories),
      guest: { mounts: parts.flatMap((p) => p.guest.mounts) },
    });
  },
  observe: (_seen, applied) => applied?.shares ?? UNKNOWN,
  changes: (desired, observed) =>
    keyedChanges('shares', byTarget(observed), byTarget(desired), 'reboot', 'shares are attached at start'),
};
