/** What `up` ends with: how to get in. */
import type { PortConfig, ShareConfig } from '../model/desired.ts';
import type { Change } from '../model/plan.ts';
import { sanitiseLine } from './sanitise.ts';
import type { Style } from './style.ts';

/** One machine of it; the app's WelcomeVm has this shape. */
interface Machine {
  readonly vm: string;
  readonly state: string;
  readonly verdict: string;
  readonly sshPort: number | null;
  readonly wishedPort: number | null;
  readonly ports: readonly PortConfig[];
  readonly shares: readonly ShareConfig[];
  readonly agents: readonly string[];
  readonly desktop: boolean;
  readonly pending: readonly Change[];
}

interface Welcome {
  readonly vms: readonly Machine[];
  readonly converged: boolean;
}

function pendingText(change: Change, vm: string, { symbols }: Style, command: string): string {
  const why = change.reason === '' ? '' : `, because ${change.reason}`;
  const how = { live: 'up', reboot: 'up --restart', recreate: `up --recreate ${vm} --yes (deletes its disk)` };
  return `${change.field}: ${change.before} ${symbols.arrow} ${change.after}${why}: ${command} ${how[change.class]}`;
}

function lines(machine: Machine, style: Style, command: string): string[] {
  const row = (label: string, text: string): string => `  ${label.padEnd(9)}${sanitiseLine(text)}`;
  const moved =
    machine.wishedPort === null ? '' : ` (port ${machine.wishedPort} was taken: SSH is on ${machine.sshPort})`;
  const state = machine.state === 'running' ? 'running' : machine.state;
  return [
    `${style.paint.bold(machine.vm)}  ${state}${machine.verdict === 'none' ? ', as declared' : ''}`,
    ...(machine.sshPort === null ? [] : [row('ssh', `${command} ssh ${machine.vm}${moved}`)]),
    ...machine.agents.map((agent) => row(agent, `${command} ${agent} ${machine.vm}`)),
    ...(machine.desktop ? [row('desktop', `${command} view ${machine.vm}`)] : []),
    ...machine.ports.map((p) => row('port', `${p.bind}:${p.host} ${style.symbols.arrow} ${p.guest}/${p.protocol}`)),
    ...machine.shares.map((s) =>
      row('share', `${s.path} ${style.symbols.arrow} ${s.target} (${s.mode === 'ro' ? 'read-only' : 'read-write'})`),
    ),
    ...machine.pending.map((c) => row('pending', pendingText(c, machine.vm, style, command))),
  ];
}

/**
 * With a newline at its end.
 * @param command what a person types to run ai-vm here
 */
export function renderWelcome(welcome: Welcome, style: Style, command = 'ai-vm'): string {
  const blocks = welcome.vms.map((machine) => lines(machine, style, command).join('\n'));
  const head = welcome.converged ? ['Nothing to do: everything is as declared.'] : [];
  const pending = welcome.vms.some((machine) => machine.pending.length > 0);
  return `${[...(pending ? [] : head), ...blocks].join('\n')}\n`;
}
