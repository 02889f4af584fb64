import { UNKNOWN, type Resource } from '../model/resource.ts';
import { part, valueChange } from './support.ts';

/** How many vCPUs the kernel was told to bring up at its boot. */
function atBoot(argv: readonly string[]): number | null {
  const found = /(?:^| )maxcpus=(\d+)(?: |$)/.exec(argv[argv.indexOf('-append') + 1] ?? '');
  return found ? Number(found[1]) : null;
}

/**
 * `cpus`: how many vCPUs the guest has online. More are present, since QEMU can neither add nor remove one everywhere; the
 * kernel brings up the declared number, and the guest agent changes it.
 */
export const cpus: Resource<number, { readonly online: number; readonly present: number }> = {
  name: 'cpus',
  desired: (vm) => vm.cpus,
  boot: (count, { chassis }) => part({ argv: ['-smp', String(chassis.cpus)], params: [`maxcpus=${count}`] }),
  live: (count) => ({ vcpus: count }),
  observe: (seen, applied) => {
    if (seen.cpus === null) return UNKNOWN;
    const online = applied?.cpus ?? atBoot(seen.argv ?? []);
    return online === null ? UNKNOWN : { online: Math.min(online, seen.cpus), present: seen.cpus };
  },
  changes: (desired, { online, present }) => {
    const fits = desired <= present;
    const why = fits ? '' : `${present} vCPUs are present until it is restarted`;
    return valueChange('cpus', String(online), String(desired), fits ? 'live' : 'reboot', why);
  },
  steps: (_change, count) => [{ do: 'vcpus', title: `have ${count} vCPUs online`, count }],
  adopt: (applied, _change, { cpus: after }) => ({ ...applied, config: { ...applied.config, cpus: after } }),
};
