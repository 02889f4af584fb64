import type { GuestFile } from '../model/boot.ts';
import { UNKNOWN, type Resource } from '../model/resource.ts';
import { part, valueChange } from './support.ts';

const hosts = (name: string): GuestFile => ({
  ...{ path: '/etc/hosts', mode: '0644', owner: 'root', group: 'root' },
  content: `127.0.0.1 localhost\n127.0.1.1 ${name}\n::1 localhost ip6-localhost ip6-loopback\n10.0.2.2 host.ai-vm.internal\n`,
});

/** The machine's name in its own eyes. */
export const hostname: Resource<string> = {
  name: 'hostname',
  desired: (vm) => vm.hostname,
  boot: (name, { vm }) =>
    part({
      params: [`systemd.hostname=${name}`],
      // In NixOS that file is a link into the store, with what modules say of hosts, and tmpfiles writes to no link.
      guest: vm.image.provider === 'nixos' ? {} : { files: [hosts(name)] },
    }),
  observe: (_seen, applied) => applied?.hostname ?? UNKNOWN,
  changes: (desired, observed) => valueChange('hostname', observed, desired, 'reboot', 'the host name is set at boot'),
};
