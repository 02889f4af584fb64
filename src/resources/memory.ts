import { UNKNOWN, type Resource } from '../model/resource.ts';
import { MiB, formatBytes } from '../model/units.ts';
import { part, valueChange } from './support.ts';

/** `memory`: the guest's RAM in bytes. Shared (memfd), because virtiofs' vhost-user needs to reach it. */
export const memory: Resource<number> = {
  name: 'memory',
  desired: (vm) => vm.memory,
  boot: (bytes) => {
    const size = `${Math.floor(bytes / MiB)}M`;
    return part({ argv: ['-m', size, '-object', `memory-backend-memfd,id=ram0,size=${size},share=on`] });
  },
  observe: (seen) => seen.memory ?? UNKNOWN,
  changes: (desired, observed) => {
    // QEMU is given whole MiB.
    const whole = (bytes: number): number => bytes - (bytes % MiB);
    return valueChange(
      'memory',
      formatBytes(whole(observed)),
      formatBytes(whole(desired)),
      'reboot',
      'RAM is fixed at start',
    );
  },
};
