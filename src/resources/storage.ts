import type { Bundle } from '../model/image.ts';
import type { GuestStep, HostStep } from '../model/live.ts';
import { UNKNOWN, type Resource } from '../model/resource.ts';
import { formatBytes } from '../model/units.ts';
import { part } from './support.ts';

interface Storage {
  readonly size: number;
  readonly overlay: boolean;
}

const qcow2 = (node: string, filename: string, readOnly: boolean): string =>
  JSON.stringify({
    driver: 'qcow2',
    'node-name': node,
    'read-only': readOnly,
    discard: 'unmap',
    file: { driver: 'file', filename, discard: 'unmap' },
  });

const raw = (node: string, filename: string): string =>
  JSON.stringify({
    driver: 'raw',
    'node-name': node,
    discard: 'unmap',
    'detect-zeroes': 'unmap',
    file: { driver: 'file', filename, discard: 'unmap' },
  });

const disk = (id: string, node: string): string[] => ['-device', `virtio-blk-pci,id=${id},drive=${node}`];

/** By this serial number the guest finds it, whichever disk it is. */
const STORE_SERIAL = 'ai-vm-store';

function storeDisk({ dir, manifest: { store } }: Bundle): string[] {
  if (!store) return [];
  const node = JSON.stringify({
    ...{ driver: 'raw', 'node-name': 'store', 'read-only': true },
    file: { driver: 'file', filename: `${dir}/${store.file}`, 'read-only': true },
  });
  return ['-blockdev', node, '-device', `virtio-blk-pci,id=disk-store,drive=store,serial=${STORE_SERIAL}`];
}

const GROWFS = `growfs=/usr/lib/systemd/systemd-growfs
[ -x "$growfs" ] || growfs=/run/current-system/systemd/lib/systemd/systemd-growfs
`;

const GROW_ROOT = `${GROWFS}"$growfs" /\n`;

/** Below an overlay the scratch disk has no mount point any more; a second mount is the same file system. */
const GROW_SCRATCH = `${GROWFS}mkdir -p /run/ai-vm/scratch
mount /dev/vdb /run/ai-vm/scratch && "$growfs" /run/ai-vm/scratch
code=$?
umount /run/ai-vm/scratch
rmdir /run/ai-vm/scratch
[ "$code" = 0 ]
`;

const growDisk = (node: string, size: number): HostStep => ({
  title: 'grow the disk',
  unless: { is: 'block-size', node, bytes: size },
  act: { via: 'qmp', command: 'block_resize', args: { 'node-name': node, size } },
});

const growFileSystem = (overlay: boolean): GuestStep => ({
  title: 'grow the file system to its disk',
  script: overlay ? GROW_SCRATCH : GROW_ROOT,
});

/**
 * `storage` and `overlay`: the root disk.
 * Normally a qcow2 of the machine's own, backed by the image. With `overlay: true` the guest gets the image itself,
 * read-only for QEMU, and an empty scratch disk that its initrd lays over it: nothing that is written can survive.
 */
export const storage: Resource<Storage> = {
  name: 'storage',
  shown: true,
  desired: (vm) => ({ size: vm.storage, overlay: vm.overlay }),
  boot: ({ overlay }, { paths, bundle }) => {
    if (!overlay) {
      return part({
        argv: ['-blockdev', qcow2('root', paths.disk, false), ...disk('disk-root', 'root'), ...storeDisk(bundle)],
      });
    }
    const image = `${bundle.dir}/${bundle.manifest.disk.file}`;
    return part({
      argv: [
        ...['-blockdev', qcow2('root', image, true), ...disk('disk-root', 'root')],
        ...['-blockdev', raw('scratch', paths.scratch), ...disk('disk-scratch', 'scratch')],
        ...storeDisk(bundle),
      ],
      params: ['ai_vm.overlay'],
    });
  },
  live: ({ size, overlay }) => ({
    host: [{ ...growDisk(overlay ? 'scratch' : 'root', size), late: true }],
    guest: [{ ...growFileSystem(overlay), late: true }],
  }),
  observe: (seen, applied) => {
    if (seen.storage === null) return UNKNOWN;
    const overlay = seen.argv
      ? seen.argv.includes('disk-scratch') || seen.argv.some((a) => a.includes('id=disk-scratch'))
      : applied?.overlay;
    return overlay === undefined ? UNKNOWN : { size: seen.storage, overlay };
  },
  changes: (desired, observed) => {
    const field = { resource: 'storage', field: 'storage' };
    const sizes = { before: formatBytes(observed.size), after: formatBytes(desired.size) };
    if (desired.overlay !== observed.overlay) {
      const text = (overlay: boolean): string => (overlay ? 'true (clean at every boot)' : 'false (kept)');
      return [
        {
          resource: 'storage',
          field: 'overlay',
          class: 'reboot',
          before: text(observed.overlay),
          after: text(desired.overlay),
          reason: 'the root disk is chosen at start',
        },
      ];
    }
    if (desired.size > observed.size) return [{ ...field, ...sizes, class: 'live', reason: '' }];
    if (desired.size < observed.size) {
      if (desired.overlay)
        return [{ ...field, ...sizes, class: 'reboot', reason: 'the scratch disk is made at start' }];
      return [{ ...field, ...sizes, class: 'recreate', reason: 'a disk cannot shrink without losing what is on it' }];
    }
    return [];
  },
  steps: (_change, { size, overlay }, { seen }) => [
    { do: 'host', ...growDisk(seen.rootNode ?? (overlay ? 'scratch' : 'root'), size) },
    { do: 'guest', ...growFileSystem(overlay) },
  ],
  adopt: (applied, _change, { storage: after }) => ({ ...applied, config: { ...applied.config, storage: after } }),
};
