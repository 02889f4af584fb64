/**
 * Secrets of machines on their way to gateways. Values are read when a gateway is given them, from the environment alone, and are in
 * no file and no argument of a process.
 */
import { readState, writeState } from '../../host/files.ts';
import { askGateway } from '../../host/gateway.ts';
import type { VmConfig } from '../../model/desired.ts';
import { AiVmError, ConfigError, type Diagnostic } from '../../model/errors.ts';
import type { MachinePaths } from '../../model/machine.ts';
import type { Observed } from '../../model/observed.ts';
import type { BootContext } from '../../model/resource.ts';
import {
  sameSecret,
  tlsNames,
  unusable,
  type Authority,
  type GatewaySecret,
  type SecretConfig,
} from '../../model/secrets.ts';
import { placeholderOf } from '../../resources/placeholders.ts';
import type { Context } from '../context.ts';

interface Kept {
  readonly formatVersion: 1;
  /** The one that was used last comes first. */
  readonly authorities: readonly Authority[];
}

const isKept = (value: unknown): value is Kept =>
  Array.isArray((value as { authorities?: unknown } | null)?.authorities);

/** Snapshots go back to earlier ones. */
const MOST = 16;

/**
 * What a gateway stands in the place of these hosts with: made when it is first needed, and kept as long as the machine is. One that is
 * for others as well will do: when a host goes, what runs in the guest, or waits in its memory, trusts on.
 * @returns null: nothing is opened for them
 */
export async function authorityFor(
  paths: Pick<MachinePaths, 'authorities'>,
  secrets: readonly SecretConfig[] = [],
): Promise<Authority | null> {
  const hosts = tlsNames(secrets);
  if (hosts.length === 0) return null;
  const { value } = await readState(paths.authorities, isKept);
  const known = value?.authorities ?? [];
  const found = known.find((each) => hosts.every((host) => each.hosts.includes(host)));
  if (found) {
    const others = known.filter((each) => each !== found);
    if (known[0] !== found) await writeState(paths.authorities, { formatVersion: 1, authorities: [found, ...others] });
    return found;
  }
  // Whoever has no secrets never loads what writes certificates.
  const { makeAuthority } = await import('../../host/authority.ts');
  const made = makeAuthority(hosts, new Date());
  await writeState(paths.authorities, { formatVersion: 1, authorities: [made, ...known].slice(0, MOST) });
  return made;
}

/** Node's TLS takes a while to load, which whoever has no secrets is spared. */
const trustOf = async ({ env }: Context): Promise<string> => (await import('../../host/trust.ts')).hostTrust(env);

/** What is wrong with the value of a secret now, for people; null: nothing. */
function problemOf({ env }: Context, { name, from }: SecretConfig): string | null {
  const value = env[from];
  if (value === undefined || value === '') return `the variable ${from} is not set on this host`;
  const fault = unusable(value);
  return fault === null ? null : `the value of ${from} cannot be the secret ${name}: ${fault}`;
}

/** @throws ConfigError with each secret of these machines that has no value */
export function requireValues(context: Context, vms: readonly VmConfig[]): void {
  const all = vms.flatMap((vm) => (vm.secrets ?? []).map((secret) => ({ vm: vm.name, secret })));
  if (all.length === 0) return;
  const { loaded } = context.project;
  const faults = all.flatMap(({ vm, secret }): Diagnostic[] => {
    const problem = problemOf(context, secret);
    if (problem === null) return [];
    const field = `vms.${vm}.secrets.${secret.name}`;
    const position = loaded?.origins().find((origin) => origin.field.startsWith(`${field}.`))?.place;
    const hint = `Set it where ai-vm runs, such as: export ${secret.from}=…; or remove the secret.`;
    return [{ ...{ code: 'config.variable', severity: 'error', hint, position }, message: `${field}: ${problem}` }];
  });
  if (faults.length > 0) throw new ConfigError(faults, loaded?.texts() ?? new Map<string, string>());
}

/**
 * The machine as far as this environment has the values: a secret without one stays as its gateway has it, and is left out where that
 * has none.
 * @param tell what is wrong with one, for people
 */
export function withValues(
  context: Context,
  vm: VmConfig,
  gateway: Observed['sightings']['gateway'] | undefined,
  tell: (problem: string) => void,
): VmConfig {
  const has = gateway?.is === 'there' ? (gateway.secrets ?? []) : [];
  const { secrets: declared = [], ...rest } = vm;
  const secrets = declared.flatMap((secret) => {
    const problem = problemOf(context, secret);
    if (problem === null) return [secret];
    const given = has.find(({ name }) => name === secret.name);
    if (given && sameSecret(given, secret)) return [secret];
    tell(`${secret.name}: ${problem}`);
    return given ? [{ ...secret, hosts: given.hosts }] : [];
  });
  return { ...rest, ...(secrets.length > 0 && { secrets }) };
}

/** Those that a suspended machine had, as far as they are still the same: what the file says otherwise by now waits. */
export const keptSecrets = (
  had: readonly SecretConfig[] = [],
  now: readonly SecretConfig[] = [],
): readonly SecretConfig[] => had.filter((secret) => now.some((each) => sameSecret(each, secret)));

type Machine = Pick<BootContext, 'paths' | 'identity' | 'vm'>;

/**
 * Gives the gateway of a machine that runs these secrets, in the place of those that it has; undefined: none were ever declared. One
 * without a value is left out.
 * @throws AiVmError network.gateway
 */
export async function handSecrets(
  context: Context,
  { paths, identity, vm }: Machine,
  secrets: readonly SecretConfig[] | undefined,
): Promise<void> {
  if (!secrets) return;
  const given = secrets.flatMap((secret): GatewaySecret[] => {
    const { name, from, hosts } = secret;
    const problem = problemOf(context, secret);
    if (problem === null) {
      const placeholder = placeholderOf(identity.seed ?? identity.uuid, secret);
      return [{ name, hosts, placeholder, value: context.env[from] ?? '' }];
    }
    context.emit({ type: 'warning', vm: vm.name, message: `${vm.name} goes without ${name}: ${problem}` });
    return [];
  });
  const authority = given.length > 0 ? await authorityFor(paths, secrets) : null;
  const trust = given.length > 0 ? await trustOf(context) : '';
  const what = { secrets: given, certificates: authority?.leaves ?? {}, trust };
  if (await askGateway(paths.run, { do: 'secrets', secrets: what })) return;
  const isOld = (await askGateway(paths.run, { do: 'state' }))?.state !== undefined;
  throw new AiVmError('network.gateway', `the gateway of ${vm.name} could not be given its secrets`, {
    vm: vm.name,
    ...(isOld
      ? { why: 'It was started by another version, which knows of none.', fix: `ai-vm restart ${vm.name}` }
      : { why: 'It does not answer.', fix: `ai-vm up ${vm.name}` }),
  });
}

/** Machines that run and have what they should are given the values as they are now: one may be another. */
export async function refreshSecrets(
  context: Context,
  { vms, observed }: { readonly vms: readonly VmConfig[]; readonly observed: ReadonlyMap<string, Observed> },
): Promise<void> {
  for (const vm of vms) {
    const { identity, sightings } = observed.get(vm.name) ?? {};
    const { secrets = [] } = vm;
    const { gateway } = sightings ?? {};
    if (!identity || gateway?.is !== 'there' || secrets.length === 0) continue;
    const has = gateway.secrets ?? [];
    // What is otherwise is a change, and is made as one.
    const isSame = has.length === secrets.length && secrets.every((each) => has.some((one) => sameSecret(one, each)));
    if (isSame) await handSecrets(context, { paths: context.project.machine(vm.name), identity, vm }, secrets);
  }
}
