/** `ps`: what is true now, for people and for programs. A machine that is broken never hides the others. */
import type { Observed } from '../model/observed.ts';
import type { PortConfig, ShareConfig, VmConfig } from '../model/desired.ts';
import { changesOf } from '../reconcile/changes.ts';
import { observe } from '../reconcile/observe.ts';
import type { Change, ChangeClass } from '../model/plan.ts';
import { secretHostText } from '../model/secrets.ts';
import type { PsRow, Watch } from '../report/ps.ts';
import { RESOURCES } from '../resources/index.ts';
import type { Context } from './context.ts';
import { recordOf } from './record.ts';
import { chooseAny, declared } from './select.ts';
import { runningWatch } from './watch/running.ts';

/** A coding agent; `login`: it has that of this host. */
export interface PsAgent {
  readonly name: string;
  readonly login: boolean;
}

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
  readonly agents: readonly PsAgent[];
  /** Values of this host that it uses and does not have; the hosts as in the file. */
  readonly secrets: readonly { readonly name: string; readonly hosts: readonly string[] }[];
  /** Its screen, such as `1280x800`. */
  readonly desktop: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** What differs from the file: of class `live` too, when it was not applied yet or could not be. */
  readonly pending: readonly Pick<Change, 'field' | 'class' | 'before' | 'after' | 'reason'>[];
  /** Its memory is on disk. */
  readonly suspended: boolean;
  /** The machine that it was forked from. */
  readonly parent: string | null;
  readonly problem: string | null;
}

/** `8080:80`, with what is not usual: the address when it is not the loopback, the protocol when it is not TCP. */
export const portText = (port: PortConfig): string => {
  const bind = port.bind === '127.0.0.1' ? '' : `${port.bind}:`;
  return `${bind}${port.host}:${port.guest}${port.protocol === 'udp' ? '/udp' : ''}`;
};

const pendingOf = ({ field, class: is, before, after, reason }: Change) => ({
  field,
  class: is,
  before,
  after,
  reason,
});

function describe(seen: Observed, config: VmConfig | null, isDeclared: boolean): PsMachine {
  const applied = recordOf(seen, config ?? undefined);
  const shown = applied?.config ?? config;
  const running = seen.process !== null;
  const pending = isDeclared && config && running ? changesOf(RESOURCES, config, seen).map(pendingOf) : [];
  return {
    name: seen.vm,
    state: seen.state,
    declared: isDeclared,
    image: shown?.image.provider ?? null,
    // QEMU tells how many are present; the guest has as many of them online as it was told to.
    cpus: shown?.cpus ?? seen.sightings.cpus ?? null,
    memory: seen.sightings.memory ?? shown?.memory ?? null,
    storage: seen.sightings.storage ?? seen.diskSize ?? shown?.storage ?? null,
    overlay: shown?.overlay ?? null,
    pid: seen.process?.pid ?? null,
    ssh: running && applied ? { host: '127.0.0.1', port: applied.sshPort, user: applied.config.users[0]! } : null,
    ports: shown?.ports ?? [],
    shares: (shown?.shares ?? []).map(({ path, target, mode }) => ({ path, target, mode })),
    agents: (shown?.agents ?? []).map(({ name, shareAuth }) => ({ name, login: shareAuth })),
    secrets: (shown?.secrets ?? []).map(({ name, hosts }) => ({ name, hosts: hosts.map(secretHostText) })),
    desktop: shown?.desktop ? `${shown.desktop.width}x${shown.desktop.height}` : null,
    labels: shown?.labels ?? {},
    pending,
    ...{ suspended: seen.suspended, parent: seen.identity?.parent ?? null },
    problem: seen.problem,
  };
}

/** What of it differs from the file, and the command that makes it so. */
function waitingFor(what: string, { pending }: PsMachine, classes: readonly ChangeClass[], command: string): string[] {
  const fields = pending.filter((change) => classes.includes(change.class)).map((change) => change.field);
  return fields.length > 0 ? [`${what}: ${fields.join(', ')} (${command})`] : [];
}

/** Who looks into what a machine says has to be said. */
function openedFor({ secrets, state }: PsMachine): string[] {
  if (state === 'stopped' || state === 'absent') return [];
  const hosts = [...new Set(secrets.flatMap((each) => each.hosts))].filter((host) => !host.endsWith(':80'));
  return hosts.length > 0 ? [`its TLS to ${hosts.join(', ')} is opened here, for secrets`] : [];
}

function noteOf(machine: PsMachine): string | null {
  const notes = [
    ...(machine.parent !== null ? [`a fork of ${machine.parent}`] : machine.declared ? [] : ['not in the file']),
    ...waitingFor('not as declared yet', machine, ['live'], 'ai-vm up'),
    ...waitingFor('waiting for a restart', machine, ['reboot'], 'ai-vm up --restart'),
    ...waitingFor('waiting for a new disk', machine, ['recreate'], `ai-vm up --recreate ${machine.name} --yes`),
    ...(machine.state === 'dead' ? ['its QEMU is gone: ai-vm up brings it back'] : []),
    ...openedFor(machine),
    ...(machine.suspended ? ['suspended: ai-vm up lets it go on'] : []),
    ...(machine.problem ? [machine.problem] : []),
  ];
  return notes.length > 0 ? notes.join('; ') : null;
}

export async function ps(
  context: Context,
  names: readonly string[],
): Promise<{ machines: PsMachine[]; rows: PsRow[]; watch: Watch }> {
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
    shares: [
      ...m.shares.map((s) => `${s.target}${s.mode === 'ro' ? ':ro' : ''}`),
      ...m.agents.filter((agent) => agent.login).map((agent) => `${agent.name} login:ro`),
    ],
    note: noteOf(m),
  }));
  const watcher = await runningWatch(context.project.paths);
  const policies = [...configs.values()].some(
    (vm) => chosen.includes(vm.name) && (vm.restart !== 'no' || vm.suspendAfter !== null),
  );
  return { machines, rows, watch: { running: watcher && { pid: watcher.pid, since: watcher.since }, policies } };
}
