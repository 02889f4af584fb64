/** `ps`: what is true now, for people and for programs. A machine that is broken never hides the others. */
import type { Observed } from '../model/observed.ts';
import type { PortConfig, ShareConfig, VmConfig } from '../model/desired.ts';
import { changesOf } from '../reconcile/changes.ts';
import { observe } from '../reconcile/observe.ts';
import type { PsRow } from '../report/ps.ts';
import { RESOURCES } from '../resources/index.ts';
import type { Context } from './context.ts';
import { recordOf } from './record.ts';
import { chooseAny, declared } from './select.ts';

/** One machine of `ps --format json`. Sizes in bytes. */
export interface PsMachine {
  readonly name: string;
  readonly state: string;
  readonly declared: boolean;
  readonly image: string | null;
  readonly cpus: number | null;
  readonly memory: number | null;
  readonly storage: number | null;
  readonly overlay: boolean | null;
  readonly pid: number | null;
  readonly ssh: { readonly host: string; readonly port: number; readonly user: string } | null;
  readonly ports: readonly PortConfig[];
  readonly shares: readonly Pick<ShareConfig, 'path' | 'target' | 'mode'>[];
  readonly labels: Readonly<Record<string, string>>;
  readonly pending: readonly string[];
  readonly problem: string | null;
}

/** `8080:80`, with what is not usual: the address when it is not the loopback, the protocol when it is not TCP. */
export const portText = (port: PortConfig): string => {
  const bind = port.bind === '127.0.0.1' ? '' : `${port.bind}:`;
  return `${bind}${port.host}:${port.guest}${port.protocol === 'udp' ? '/udp' : ''}`;
};

function describe(seen: Observed, config: VmConfig | null, isDeclared: boolean): PsMachine {
  const applied = recordOf(seen, config ?? undefined);
  const shown = applied?.config ?? config;
  const running = seen.process !== null;
  const pending =
    isDeclared && config && running ? changesOf(RESOURCES, config, seen).map((c) => `${c.field} (${c.class})`) : [];
  return {
    name: seen.vm,
    state: seen.state,
    declared: isDeclared,
    image: shown?.image.provider ?? null,
    cpus: seen.sightings.cpus ?? shown?.cpus ?? null,
    memory: seen.sightings.memory ?? shown?.memory ?? null,
    storage: seen.sightings.storage ?? seen.diskSize ?? shown?.storage ?? null,
    overlay: shown?.overlay ?? null,
    pid: seen.process?.pid ?? null,
    ssh: running && applied ? { host: '127.0.0.1', port: applied.sshPort, user: applied.config.users[0]! } : null,
    ports: shown?.ports ?? [],
    shares: (shown?.shares ?? []).map(({ path, target, mode }) => ({ path, target, mode })),
    labels: shown?.labels ?? {},
    pending,
    problem: seen.problem,
  };
}

function noteOf(machine: PsMachine): string | null {
  const notes = [
    ...(machine.declared ? [] : ['not in the file']),
    ...(machine.pending.length > 0 ? [`waiting for a restart: ${machine.pending.join(', ')}`] : []),
    ...(machine.state === 'dead' ? ['its QEMU is gone: ai-vm up brings it back'] : []),
    ...(machine.problem ? [machine.problem] : []),
  ];
  return notes.length > 0 ? notes.join('; ') : null;
}

export async function ps(
  context: Context,
  names: readonly string[],
): Promise<{ machines: PsMachine[]; rows: PsRow[] }> {
  const chosen = await chooseAny(context, names);
  const configs = new Map((context.project.desired?.vms ?? []).map((vm) => [vm.name, vm]));
  const known = declared(context);
  const fileIsSound = context.project.desired !== null;
  const machines = await Promise.all(
    chosen.map(async (name) =>
      describe(
        await observe(name, context.project.machine(name)),
        configs.get(name) ?? null,
        !fileIsSound || known.includes(name),
      ),
    ),
  );
  const rows = machines.map((m) => ({
    vm: m.name,
    state: m.state as PsRow['state'],
    image: m.image,
    cpus: m.cpus,
    memory: m.memory,
    ssh: m.ssh && `${m.ssh.host}:${m.ssh.port}`,
    ports: m.ports.map(portText),
    shares: m.shares.map((s) => `${s.target}${s.mode === 'ro' ? ':ro' : ''}`),
    note: noteOf(m),
  }));
  return { machines, rows };
}
