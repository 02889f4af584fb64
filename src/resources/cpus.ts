import { UNKNOWN, type Resource } from '../model/resource.ts';
import { part, valueChange } from './support.ts';

/** `cpus`: how many vCPUs the guest has. */
export const cpus: Resource<number> = {
  name: 'cpus',
  desired: (vm) => vm.cpus,
  boot: (count) => part({ argv: ['-smp', String(count)] }),
  observe: (seen) => seen.cpus ?? UNKNOWN,
  changes: (desired, observed) =>
    valueChange('cpus', String(observed), String(desired), 'reboot', 'the number of vCPUs is fixed at start'),
};
