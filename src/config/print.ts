import TOML from '@iarna/toml';
import { stringify } from 'yaml';
import type { ConfigFile, Vm } from '../generated/config.ts';
import type { DesktopConfig, Desired, ShareConfig, VmConfig } from '../model/desired.ts';
import { HOST_STORE } from '../model/host-store.ts';
import { DEFAULT_NETWORK } from '../model/network.ts';
import { printDuration } from './durations.ts';
import { printNetwork } from './network.ts';
import { printPort } from './ports.ts';
import { printSize } from './sizes.ts';
import { printSecrets } from './vm-secrets.ts';

/**
 * The normalized file: every default written out, variables replaced, paths absolute. Loading it gives the same Desired
 * again (but for `drawn`: it has no variables any more).
 */
export function configFile(desired: Desired): ConfigFile {
  const file = {
    name: desired.name,
    location: desired.location,
    ...(desired.secrets.length > 0 && { secrets: [...desired.secrets] }),
    ...printNetworks(desired.vms),
    vms: Object.fromEntries(desired.vms.map((vm) => [vm.name, machine(vm)])),
  };
  return escapeDollars(file) as ConfigFile;
}

/** Those that machines are on; the default one need not be declared. */
function printNetworks(vms: readonly VmConfig[]): Pick<ConfigFile, 'networks'> {
  const used = new Set(vms.flatMap(({ network }) => network?.networks ?? []));
  const names = [...used].filter((name) => name !== DEFAULT_NETWORK).sort();
  return names.length === 0 ? {} : { networks: Object.fromEntries(names.map((name) => [name, {}])) };
}

/** Text of the normalized file, with a newline at its end. */
export const printConfig = (desired: Desired, format: Format): string => printFile(configFile(desired), format);

export type Format = 'yaml' | 'json' | 'toml';

/** The library takes a list that begins with a mapping for one of mappings alone: then all is written in line. */
function printToml(file: TOML.JsonMap): string {
  if (!isMixed(file)) return TOML.stringify(file);
  return Object.entries(file)
    .map(([key, value]) => `${/^[\w-]+$/.test(key) ? key : JSON.stringify(key)} = ${TOML.stringify.value(value)}\n`)
    .join('');
}

function isMixed(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const kinds = new Set(
    Array.isArray(value) ? value.map((item) => typeof item === 'object' && !Array.isArray(item)) : [],
  );
  return kinds.size > 1 || Object.values(value).some(isMixed);
}

/** TOML has no null. What is nothing, where a mapping could be, is an empty one. */
function withoutNull(value: unknown): unknown {
  if (value === null) return {};
  if (Array.isArray(value)) return value.map(withoutNull);
  if (typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, withoutNull(child)]));
}

/** A file as text: plain JSON. */
export function printFile(file: unknown, format: Format): string {
  if (format === 'json') return `${JSON.stringify(file, null, 2)}\n`;
  if (format === 'toml') return printToml(withoutNull(file) as TOML.JsonMap);
  return stringify(file, { lineWidth: 0, aliasDuplicateObjects: false });
}

const printScreen = ({ width, height }: DesktopConfig): string => `${width}x${height}`;

function machine(vm: VmConfig): Vm {
  return {
    image: image(vm.image),
    cpus: vm.cpus,
    memory: printSize(vm.memory),
    storage: printSize(vm.storage),
    overlay: vm.overlay,
    audio: vm.audio && { driver: vm.audio.driver, ...(vm.audio.path !== null && { path: vm.audio.path }) },
    desktop: vm.desktop && { resolution: printScreen(vm.desktop) },
    nested: vm.nested,
    warm: vm.warm,
    shares: vm.shares.filter((each) => !isStoreOf(vm, each)).map(share),
    ports: vm.ports.map(printPort),
    // Written out, the default would become a port that the file insists on.
    ...(vm.ssh.declared && { ssh: { port: vm.ssh.port } }),
    network: printNetwork(vm.network),
    ...(vm.network?.networks && { networks: [...vm.network.networks] }),
    users: [...vm.users],
    packages: [...vm.image.packages],
    agents: Object.fromEntries(vm.agents.map((agent) => [agent.name, { share_auth: agent.shareAuth }])),
    env: { ...vm.env },
    ...(vm.secrets && { secrets: printSecrets(vm.secrets) }),
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
    restart: vm.restart,
    ...(vm.suspendAfter !== null && { suspend_after: printDuration(vm.suspendAfter) }),
    ...(vm.profiles.length > 0 && { profiles: [...vm.profiles] }),
    ...(vm.dependsOn.length > 0 && {
      depends_on: Object.fromEntries(vm.dependsOn.map((each) => [each.vm, { condition: each.condition }])),
    }),
  };
}

function image(given: VmConfig['image']): NonNullable<NonNullable<Vm>['image']> {
  if (given.provider === 'debian') return 'debian';
  const { flake, modules, store } = given;
  const fields = {
    ...(flake && { flake: flake.output === null ? flake.ref : `${flake.ref}#${flake.output}` }),
    ...(modules.length > 0 && { modules: [...modules] }),
    ...(store === 'host' && { store }),
  };
  return Object.keys(fields).length > 0 ? fields : 'nixos';
}

/** It comes with the image, and would be declared twice. */
const isStoreOf = ({ image: of }: VmConfig, { target }: ShareConfig): boolean =>
  of.provider === 'nixos' && of.store === 'host' && target === HOST_STORE.target;

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
