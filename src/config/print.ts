import { stringify } from 'yaml';
import type { ConfigFile, Vm } from '../generated/config.ts';
import type { Desired, ShareConfig, VmConfig } from '../model/desired.ts';
import { printDuration } from './durations.ts';
import { printPort } from './ports.ts';
import { printSize } from './sizes.ts';

/**
 * The normalized file: every default written out, variables replaced, paths absolute. Loading it gives the same Desired
 * again (but for `drawn`: it has no variables any more).
 */
export function configFile(desired: Desired): ConfigFile {
  const file = {
    name: desired.name,
    location: desired.location,
    vms: Object.fromEntries(desired.vms.map((vm) => [vm.name, machine(vm)])),
  };
  return escapeDollars(file) as ConfigFile;
}

/** Text of the normalized file, with a newline at its end. */
export function printConfig(desired: Desired, format: 'yaml' | 'json'): string {
  const file = configFile(desired);
  return format === 'json'
    ? `${JSON.stringify(file, null, 2)}\n`
    : stringify(file, { lineWidth: 0, aliasDuplicateObjects: false });
}

function machine(vm: VmConfig): Vm {
  return {
    image: vm.image.provider,
    cpus: vm.cpus,
    memory: printSize(vm.memory),
    storage: printSize(vm.storage),
    overlay: vm.overlay,
    audio: vm.audio && { driver: vm.audio.driver, ...(vm.audio.path !== null && { path: vm.audio.path }) },
    nested: vm.nested,
    shares: vm.shares.map(share),
    ports: vm.ports.map(printPort),
    // Written out, the default would become a port that the file insists on.
    ...(vm.ssh.declared && { ssh: { port: vm.ssh.port } }),
    users: [...vm.users],
    packages: [...vm.image.packages],
    agents: Object.fromEntries(vm.agents.map((agent) => [agent.name, { share_auth: agent.shareAuth }])),
    env: { ...vm.env },
    provision: [...vm.provision],
    ...(vm.healthcheck && {
      healthcheck: {
        test: vm.healthcheck.test,
        interval: printDuration(vm.healthcheck.interval),
        timeout: printDuration(vm.healthcheck.timeout),
        retries: vm.healthcheck.retries,
        start_period: printDuration(vm.healthcheck.startPeriod),
      },
    }),
    labels: { ...vm.labels },
  };
}

type Share = NonNullable<NonNullable<Vm>['shares']>[number];

function share({ path, target, mode, driver, allowSensitive }: ShareConfig): Share {
  return { path, target, mode, driver, ...(allowSensitive && { allow_sensitive: true }) };
}

/** A dollar sign in a value would begin a variable; in a key it is just itself. */
function escapeDollars(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('$', '$$$$');
  if (Array.isArray(value)) return value.map(escapeDollars);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, escapeDollars(child)]));
}
