/** A machine that begins as a copy of another one: its name, identity and ports are its own. */
import { copyFile } from 'node:fs/promises';
import { hostName } from '../config/names.ts';
import { prepareMachine } from '../host/directories.ts';
import { readState } from '../host/files.ts';
import { nextFreePort } from '../host/ports.ts';
import type { PortConfig, VmConfig } from '../model/desired.ts';
import { AiVmError } from '../model/errors.ts';
import type { Identity, MachinePaths } from '../model/machine.ts';
import { isIdentity } from '../reconcile/observe.ts';
import type { Context } from './context.ts';
import { makeIdentity } from './identity.ts';
import { existing } from './select.ts';

export const LOOPBACK = '127.0.0.1';

/** @throws AiVmError usage */
export function requireName(name: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/.test(name)) return;
  throw new AiVmError('usage', `"${name}" is no name for a machine`, {
    fix: 'Letters, digits, _ and -, at most 63 of them, beginning with a letter or a digit.',
  });
}

/**
 * Names that are free: the one that is asked for, or where there are several, or none is, numbered ones.
 * @throws AiVmError usage
 */
export async function chooseNames(
  context: Context,
  vm: string,
  { count, name }: { readonly count: number; readonly name: string | null },
): Promise<string[]> {
  const taken = new Set([
    ...(await existing(context)),
    ...(context.project.desired?.vms ?? []).map((each) => each.name),
  ]);
  const names: string[] = [];
  for (let n = 1; names.length < count; n += 1) {
    const candidate = name !== null && count === 1 ? (n === 1 ? name : `${name}-${n}`) : `${name ?? vm}-${n}`;
    requireName(candidate);
    if (!taken.has(candidate)) names.push(candidate);
    else if (name !== null && count === 1) {
      throw new AiVmError('usage', `there is a machine ${candidate} already`, { fix: 'Choose another --name.' });
    }
  }
  return names;
}

/** The copy's side of the source's forwards: the same ports of the guest, on host ports that are free. */
async function freePorts(config: VmConfig, taken: Set<number>): Promise<PortConfig[]> {
  const ports: PortConfig[] = [];
  for (const port of config.ports) {
    // What was allowed for the source was not asked for its copies: they are reached from this host alone.
    const host = await nextFreePort(port.protocol, LOOPBACK, port.host + 1, taken);
    taken.add(host);
    ports.push({ ...port, bind: LOOPBACK, host });
  }
  return ports;
}

export interface Child {
  readonly name: string;
  readonly paths: MachinePaths;
  readonly identity: Identity;
  readonly config: VmConfig;
}

/** What runs in a copy has the placeholders of its source, and trusts what that trusts. */
async function inherit(from: MachinePaths, to: MachinePaths): Promise<Pick<Identity, 'seed'>> {
  await copyFile(from.authorities, to.authorities).catch(() => undefined);
  const { value } = await readState<Identity>(from.identity, isIdentity);
  return value ? { seed: value.seed ?? value.uuid } : {};
}

/** Makes its directory, keys and numbers. identity.json, with which it counts, is the caller's to write. */
export async function prepareChild(
  context: Context,
  name: string,
  parent: string,
  source: VmConfig,
  taken: Set<number>,
): Promise<Child> {
  const paths = context.project.machine(name);
  await prepareMachine(paths, context.project.runAs);
  const own = await makeIdentity(name, paths, source.image.provider, context.signal);
  const identity = { ...own, parent, ...(source.secrets && (await inherit(context.project.machine(parent), paths))) };
  const ports = await freePorts(source, taken);
  const config = { ...source, ...{ name, hostname: hostName(name), shares: [], ports } };
  return { name, paths, identity, config };
}
