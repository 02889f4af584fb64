import { MEMORY_PORT, memoryChassis, pluggedBackend, pluggedMemory, type MemoryChassis } from '../model/chassis.ts';
import type { SeenPlug } from '../model/observed.ts';
import { UNKNOWN, type BootContext, type Resource } from '../model/resource.ts';
import { MiB, formatBytes } from '../model/units.ts';
import { deviceArgv, part, valueChange } from './support.ts';

const BACKEND = 'mem1';
const DEVICE = 'memory1';

/** Blocks are onlined as they come, and as movable as the kernel can afford, so that they can be taken away again. */
const PARAMS = ['memhp_default_state=online', 'memory_hotplug.online_policy=auto-movable'];

const mebibytes = (bytes: number): string => `${Math.floor(bytes / MiB)}M`;

const canPlug = ({ bundle }: BootContext): boolean => bundle.manifest.features.includes('virtio-mem');

const device = (bytes: number, chassis: MemoryChassis): Record<string, string | number> => ({
  driver: 'virtio-mem-pci',
  id: DEVICE,
  memdev: BACKEND,
  bus: MEMORY_PORT,
  'requested-size': pluggedMemory(bytes, chassis),
});

/** A fork maps the frozen memory of another machine privately: what either writes, the other never sees. */
const baseBackend = (size: string, { frozenMemory }: BootContext): string =>
  frozenMemory === undefined
    ? `memory-backend-memfd,id=ram0,size=${size},share=on`
    : `memory-backend-file,id=ram0,size=${size},mem-path=/proc/self/fd/${frozenMemory},share=off,reserve=off`;

/**
 * `memory`: the guest's RAM in bytes: what it boots with, and the rest through virtio-mem. All of it is shared (memfd),
 * because virtiofs' vhost-user needs to reach it.
 */
export const memory: Resource<number, { readonly bytes: number; readonly plug: SeenPlug | null }> = {
  name: 'memory',
  shown: true,
  desired: (vm) => vm.memory,
  boot: (bytes, context) => {
    if (!canPlug(context)) {
      const size = mebibytes(bytes);
      return part({ argv: ['-m', size, '-object', `memory-backend-memfd,id=ram0,size=${size},share=on`] });
    }
    const { base, max } = context.chassis.memory;
    const chassis = [
      ...['-m', `${mebibytes(base)},maxmem=${mebibytes(max)}`],
      ...['-object', baseBackend(mebibytes(base), context)],
    ];
    if (context.start === 'warm') return part({ argv: chassis, params: PARAMS });
    const backend = `memory-backend-memfd,id=${BACKEND},size=${mebibytes(pluggedBackend(context.chassis.memory))},share=on,reserve=off${context.frozenMemory === undefined ? '' : ',seal=off'}`;
    return part({
      argv: [...chassis, '-object', backend, ...deviceArgv(device(bytes, context.chassis.memory))],
      params: PARAMS,
    });
  },
  live: (bytes, { chassis: { memory: chassis } }) => ({
    host: [
      {
        title: 'make room for memory',
        late: true,
        unless: { is: 'there', what: 'object', id: BACKEND },
        act: {
          via: 'qmp',
          command: 'object-add',
          args: {
            ...{ 'qom-type': 'memory-backend-memfd', id: BACKEND },
            ...{ size: pluggedBackend(chassis), share: true, reserve: false },
          },
        },
      },
      {
        title: 'plug in memory',
        late: true,
        unless: { is: 'there', what: 'device', id: DEVICE },
        act: { via: 'qmp', command: 'device_add', args: device(bytes, chassis) },
      },
    ],
    settled: [
      {
        title: `take all of ${formatBytes(bytes)} of memory`,
        check: {
          is: 'at-least',
          path: `/machine/peripheral/${DEVICE}`,
          property: 'size',
          value: pluggedMemory(bytes, chassis),
        },
      },
    ],
  }),
  observe: ({ memory: bytes, plug }) => (bytes === null ? UNKNOWN : { bytes, plug }),
  changes: (desired, { bytes, plug }) => {
    // QEMU is given whole blocks, or whole mebibytes where nothing can be plugged in.
    const base = plug?.base ?? memoryChassis(desired).base;
    const given = [base + pluggedMemory(desired, { base }), desired - (desired % MiB)];
    if (given.includes(bytes)) return [];
    const why = whyReboot(desired, plug);
    return valueChange('memory', formatBytes(bytes), formatBytes(desired), why === '' ? 'live' : 'reboot', why);
  },
  steps: (_change, bytes, { chassis: { memory: chassis } }) => {
    const size = pluggedMemory(bytes, chassis);
    const path = `/machine/peripheral/${DEVICE}`;
    const asked = { path, property: 'requested-size', value: size };
    const taken = { path, property: 'size', value: size };
    return [
      {
        ...{ do: 'host', title: `ask for ${formatBytes(bytes)} of memory` },
        unless: {
          is: 'both',
          checks: [
            { is: 'at-least', ...asked },
            { is: 'at-most', ...asked },
          ],
        },
        act: { via: 'qmp', command: 'qom-set', args: asked },
      },
      { do: 'await', title: `take all of ${formatBytes(bytes)} of memory`, check: { is: 'at-least', ...taken } },
      { do: 'await', title: `give back all memory over ${formatBytes(bytes)}`, check: { is: 'at-most', ...taken } },
    ];
  },
  adopt: (applied, _change, { memory: after }) => ({ ...applied, config: { ...applied.config, memory: after } }),
};

/** Empty when memory can be plugged in or out up to the declared size. */
function whyReboot(desired: number, plug: SeenPlug | null): string {
  if (!plug) return 'RAM is fixed at start: the image is not made for more';
  if (desired < plug.base) return `it has booted with ${formatBytes(plug.base)}, which cannot be taken away`;
  const most = plug.base + plug.room;
  return desired > most ? `there is room for ${formatBytes(most)} until it is restarted` : '';
}
