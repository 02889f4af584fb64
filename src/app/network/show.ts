/** `network ls` and `network test`: what machines may reach, as their gateways say it. Looks only. */
import { askGateway } from '../../host/gateway.ts';
import { AiVmError } from '../../model/errors.ts';
import {
  egressText,
  networksOf,
  type GatewayCounters,
  type GatewayVerdict,
  type NetworkConfig,
} from '../../model/network.ts';
import { secretHostText } from '../../model/secrets.ts';
import type { MachineState } from '../../model/plan.ts';
import { observe } from '../../reconcile/observe.ts';
import type { Context } from '../context.ts';
import { chooseAny, machines, onlyMachine } from '../select.ts';

/** One machine of `network ls`. */
export interface MachineNetwork {
  readonly name: string;
  readonly state: MachineState;
  /** `none`: the machine has QEMU's user-mode network; `gone`: its gateway has ended, and nothing goes in or out. */
  readonly gateway: 'running' | 'gone' | 'none';
  /** What counts now; null where there is no gateway that could tell. */
  readonly egress: string | null;
  readonly host: NetworkConfig['allowHost'] | 'open' | null;
  /** Networks of the project that it is on; null where there is no gateway that could tell. */
  readonly networks: readonly string[] | null;
  /** Name of a secret → hosts that get its value. */
  readonly secrets: Readonly<Record<string, readonly string[]>> | null;
  readonly connections: number | null;
  readonly counters: GatewayCounters | null;
}

async function look(context: Context, vm: string): Promise<MachineNetwork> {
  const { state, sightings } = await observe(vm, context.project.machine(vm));
  const nothing = { egress: null, host: null, networks: null, secrets: null, connections: null, counters: null };
  const none = { name: vm, state, ...nothing };
  const { gateway } = sightings;
  if (gateway?.is !== 'there') return { ...none, gateway: gateway === null ? 'none' : 'gone' };
  const { network, connections, counters, secrets: given = [] } = gateway;
  const secrets = Object.fromEntries(given.map((each) => [each.name, each.hosts.map(secretHostText)]));
  const host = network.hostLoopback ? 'open' : network.allowHost;
  const networks = networksOf(network);
  const egress = egressText(network.egress);
  return { name: vm, state, gateway: 'running', egress, host, networks, secrets, connections, counters };
}

/** Machines that run, or those that are named. */
export async function showNetwork(context: Context, names: readonly string[]): Promise<MachineNetwork[]> {
  await chooseAny(context, names);
  const chosen = names.length > 0 ? names : await machines(context);
  const all = await Promise.all(chosen.map((vm) => look(context, vm)));
  return all.filter(({ state }) => names.length > 0 || (state !== 'stopped' && state !== 'absent'));
}

export interface Tested extends GatewayVerdict {
  readonly vm: string;
  readonly host: string;
  readonly port: number;
}

/** `api.example.org`, `github.com:22`. @throws AiVmError usage */
export function parseTarget(text: string): { host: string; port: number } {
  const [, host = '', behind] = /^([a-z0-9._-]{1,253})(?::(\d{1,5}))?$/i.exec(text) ?? [];
  const port = behind === undefined ? 443 : Number(behind);
  if (host !== '' && port >= 1 && port <= 65_535) return { host: host.toLowerCase(), port };
  throw new AiVmError('usage', `"${text}" is no host`, { fix: 'Such as api.example.org, or github.com:22.' });
}

/** @throws AiVmError machine.not-running, network.gateway, usage */
export async function testNetwork(context: Context, target: string, name: string | undefined): Promise<Tested> {
  const { host, port } = parseTarget(target);
  const vm = await onlyMachine(context, name);
  const paths = context.project.machine(vm);
  const { state, process, sightings } = await observe(vm, paths);
  if (!process) throw new AiVmError('machine.not-running', `${vm} is ${state}`, { vm, fix: `ai-vm up ${vm}` });
  if (sightings.gateway === null) {
    throw new AiVmError('usage', `${vm} has no gateway: it reaches whatever this host reaches`, {
      vm,
      fix: 'Its file says `network: host`. Say what it may reach instead, `network: {egress: …}`, then ai-vm up --restart.',
    });
  }
  const verdict = (await askGateway(paths.run, { do: 'test', host, port }))?.verdict;
  if (verdict) return { vm, host, port, ...verdict };
  throw new AiVmError('network.gateway', `the gateway of ${vm} does not answer`, { vm, fix: `ai-vm up ${vm}` });
}
