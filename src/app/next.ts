/** The next sensible commands, from what `ps` saw. Pure. */
import type { PsMachine } from './ps.ts';

/** Words after `ai-vm`, and what they do. */
export type NextCommand = readonly [words: string, what: string];

type Seen = Pick<PsMachine, 'name' | 'state' | 'declared' | 'suspended' | 'pending' | 'agents' | 'desktop'>;

const list = (machines: readonly Seen[]): string => machines.map(({ name }) => name).join(', ');

/** @param watched whether a watch sees to the project */
export function nextCommands(machines: readonly Seen[], watched: boolean): NextCommand[] {
  const up = machines.filter(({ state }) => state === 'running' || state === 'starting');
  const down = machines.filter((each) => each.declared && !up.includes(each) && each.state !== 'paused');
  const paused = machines.filter(({ state }) => state === 'paused');
  const waits = (is: string): Seen[] => up.filter(({ pending }) => pending.some((change) => change.class === is));
  const row = (of: readonly Seen[], words: string, what: string): NextCommand[] =>
    of.length === 0 ? [] : [[words, `${what} ${list(of)}`]];
  const [first] = up;
  const only = up.length === 1 ? '' : ` ${first?.name ?? ''}`;
  return [
    ...row(down, 'up', 'start'),
    ...row(paused, `unpause ${paused[0]?.name ?? ''}`, 'let go on:'),
    ...row(waits('live'), 'up', 'apply what has changed in the file to'),
    ...row(waits('reboot'), 'up --restart', 'apply what needs a restart to'),
    ...row(waits('recreate'), 'plan', 'see what needs a new disk in'),
    ...(first === undefined ? [] : ([[`ssh${only}`, `log in to ${first.name}`]] as const)),
    ...up.flatMap(({ name, agents }) =>
      agents.map((agent): NextCommand => [`${agent.name} ${name}`, `start ${agent.name} in ${name}`]),
    ),
    ...up.flatMap(({ name, desktop }): NextCommand[] =>
      desktop === null ? [] : [[`view ${name}`, `look at the desktop of ${name}`]],
    ),
    ...(up.length > 0 && !watched ? ([['watch', 'apply the file whenever it is saved']] as const) : []),
    ...(up.length > 0 ? ([['down', 'stop all; disks stay']] as const) : []),
  ];
}
