import type { PortConfig, VmConfig } from '../model/desired.ts';
import { UNKNOWN, type Resource } from '../model/resource.ts';
import { forward, unforward } from './ports.ts';
import { part, valueChange } from './support.ts';

/** The forward that leads to sshd. */
export const sshAt = (host: number): PortConfig => ({ protocol: 'tcp', bind: '127.0.0.1', host, guest: 22 });

type Wanted = Pick<VmConfig, 'ssh' | 'ports'>;

/** One that the file does not name may be any, but for those that it wants for something else. */
export function portFor({ ssh, ports }: Wanted, now: number): number {
  if (ssh.declared) return ssh.port;
  const taken = new Set(ports.filter(({ protocol }) => protocol === 'tcp').map(({ host }) => host));
  if (!taken.has(now)) return now;
  let port = ssh.port;
  while (taken.has(port)) port += 1;
  return port;
}

/** `ssh`: the host port that leads to sshd. */
export const ssh: Resource<Wanted, { readonly port: number; readonly forwarded: boolean }> = {
  name: 'ssh',
  ofHost: true,
  desired: (vm) => vm,
  boot: () => part({}),
  observe: ({ sshPort, forwards }) => {
    if (sshPort === null) return UNKNOWN;
    const isOurs = ({ protocol, bind, host, guest }: PortConfig): boolean =>
      protocol === 'tcp' && bind === '127.0.0.1' && host === sshPort && guest === 22;
    return { port: sshPort, forwarded: forwards?.some(isOurs) ?? true };
  },
  changes: (wanted, { port, forwarded }) =>
    valueChange(
      'ssh',
      `port ${port}${forwarded ? '' : ', not forwarded'}`,
      `port ${portFor(wanted, port)}`,
      'live',
      '',
    ),
  claims: ({ ssh: { port, declared } }) => (declared ? [sshAt(port)] : []),
  held: ({ port }) => [sshAt(port)],
  // First the new one: there is a way in at every moment.
  steps: (_change, wanted, { sshPort }) => {
    const port = portFor(wanted, sshPort);
    return [forward(sshAt(port)), ...(port === sshPort ? [] : [unforward(sshAt(sshPort))])];
  },
  adopt: (applied, _change, desired) => ({
    ...applied,
    sshPort: portFor(desired, applied.sshPort),
    config: { ...applied.config, ssh: desired.ssh },
  }),
};
