import { UNKNOWN, type Resource } from '../model/resource.ts';
import { part, valueChange } from './support.ts';

/**
 * `nested`: whether the guest may run virtual machines of its own. Under KVM the host's CPU is passed on, with or
 * without its virtualization extensions. TCG emulates none of Intel's and only a slow form of AMD's: it is left out.
 * `cx16=off`: Debian 13's kernel panicked once on its cmpxchg16b path under QEMU 7.2's TCG with two vCPUs.
 */
export const nested: Resource<boolean> = {
  name: 'nested',
  desired: (vm) => vm.nested,
  boot: (wanted, { host }) => {
    const kvm = host.accelerator.accelerator === 'kvm';
    const model = kvm ? `host${wanted ? '' : ',vmx=off,svm=off'}` : 'max,cx16=off,svm=off';
    return part({ argv: ['-cpu', model] });
  },
  observe: (_seen, applied) => applied?.nested ?? UNKNOWN,
  changes: (desired, observed) =>
    valueChange('nested', String(observed), String(desired), 'reboot', 'the CPU model is fixed at start'),
};
