import { UNKNOWN, type Resource } from '../model/resource.ts';
import { part, valueChange } from './support.ts';

/** The machine's name in its own eyes. */
export const hostname: Resource<string> = {
  name: 'hostname',
  desired: (vm) => vm.hostname,
  boot: (name) =>
    part({
      params: [`systemd.hostname=${name}`],
      guest: {
        files: [
          {
            path: '/etc/hosts',
            mode: '0644',
            owner: 'root',
            group: 'root',
            content: `127.0.0.1 localhost\n127.0.1.1 ${name}\n::1 localhost ip6-localhost ip6-loopback\n10.0.2.2 host.ai-vm.internal\n`,
          },
        ],
      },
    }),
  observe: (_seen, applied) => applied?.hostname ?? UNKNOWN,
  changes: (desired, observed) => valueChange('hostname', observed, desired, 'reboot', 'the host name is set at boot'),
};
