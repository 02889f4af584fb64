/** `stats`: what machines use of this host, from /proc, QMP and the guest agent. Looks only. */
import { Agent } from '../guest/agent.ts';
import type { Traffic } from '../guest/agent-replies.ts';
import { cpuTimeOf, memoryOf } from '../host/processes.ts';
import type { MachinePaths } from '../model/machine.ts';
import type { SeenGateway } from '../model/network.ts';
import type { MachineState } from '../model/plan.ts';
import { Qmp } from '../qemu/qmp.ts';
import { observe } from '../reconcile/observe.ts';
import type { Context } from './context.ts';
import { chooseAny, machines } from './select.ts';

/** One machine of one sample. Bytes; null where it cannot be told. */
export interface MachineStats {
  readonly name: string;
  readonly state: MachineState;
  /** Per cent of one CPU of this host since the sample before: 200 is two CPUs. */
  readonly cpu: number | null;
  /** What QEMU holds of this host's memory; shared pages count in part. */
  readonly memory: number | null;
  /** What the guest has been given. */
  readonly memoryLimit: number | null;
  /** Since QEMU was started. */
  readonly disk: { readonly read: number; readonly written: number } | null;
  /** Since the guest has booted, as the guest says. */
  readonly network: Traffic | null;
  /** What its gateway has carried since it began, forwarded ports apart; null where there is none that could tell. */
  readonly gateway: GatewayStats | null;
}

export interface GatewayStats extends Traffic {
  /** Open now. */
  readonly connections: number;
  /** Connections, datagrams' flows and names that were refused. */
  readonly denied: number;
}

/** CPU time (milliseconds) at a moment, by process. */
type Times = ReadonlyMap<number, { readonly used: number; readonly at: number }>;

/** A guest that does not answer must not hold up the others (milliseconds). */
const PATIENCE = 1500;

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/** The sum over all disks, of what `query-blockstats` replies. */
export function parseBlockStats(reply: unknown): { read: number; written: number } {
  const sum = { read: 0, written: 0 };
  for (const item of Array.isArray(reply) ? reply : []) {
    const { rd_bytes: read, wr_bytes: written } = record(record(item)['stats']);
    if (typeof read === 'number') sum.read += read;
    if (typeof written === 'number') sum.written += written;
  }
  return sum;
}

/** CPU in per cent of one CPU, to a tenth. Times in milliseconds. */
export const cpuPercent = (used: number, elapsed: number): number | null =>
  elapsed <= 0 ? null : Math.round((used / elapsed) * 1000) / 10;

function gatewayOf(seen: SeenGateway | null): GatewayStats | null {
  if (seen?.is !== 'there') return null;
  const { received, sent, denied } = seen.counters;
  return { received, sent, connections: seen.connections, denied };
}

async function diskOf({ qmp: { read } }: MachinePaths): Promise<MachineStats['disk']> {
  // The second reader: `ps` begins with the first one.
  const qmp = await Qmp.connect(read[1], { timeout: PATIENCE });
  try {
    return parseBlockStats(await qmp.execute('query-blockstats', {}, { timeout: PATIENCE }));
  } finally {
    qmp.close();
  }
}

async function sample(context: Context, vm: string, before: Times, now: Map<number, { used: number; at: number }>) {
  const paths = context.project.machine(vm);
  const { state, process, sightings } = await observe(vm, paths);
  const none: MachineStats = {
    ...{ name: vm, state, cpu: null, memory: null, memoryLimit: sightings.memory, disk: null, network: null },
    gateway: gatewayOf(sightings.gateway),
  };
  if (!process) return none;
  const { pid } = process;
  const agent = new Agent(paths.agent);
  const [used, memory, disk, network] = await Promise.all([
    cpuTimeOf(pid),
    memoryOf(pid),
    diskOf(paths).catch(() => null),
    state === 'running' ? agent.traffic({ timeout: PATIENCE }).catch(() => null) : null,
  ]);
  const at = performance.now();
  if (used !== null) now.set(pid, { used, at });
  const last = before.get(pid);
  const cpu = used === null || !last ? null : cpuPercent(used - last.used, at - last.at);
  return { ...none, cpu, memory: memory?.pss ?? memory?.rss ?? null, disk, network };
}

/**
 * One sample after the other, the first one after `interval` milliseconds: CPU is what was used in between. Machines that
 * come and go are followed.
 * @param wait returns when it is time for the next sample
 */
export async function* stats(
  context: Context,
  names: readonly string[],
  wait: () => Promise<void>,
): AsyncGenerator<MachineStats[], void, void> {
  let before: Times = new Map();
  const look = async (): Promise<MachineStats[]> => {
    const now = new Map<number, { used: number; at: number }>();
    const chosen = names.length > 0 ? names : await machines(context);
    const list = await Promise.all(chosen.map((vm) => sample(context, vm, before, now)));
    before = now;
    return list.filter(({ state }) => names.length > 0 || (state !== 'stopped' && state !== 'absent'));
  };
  await chooseAny(context, names);
  await look();
  for (;;) {
    await wait();
    yield await look();
  }
}
