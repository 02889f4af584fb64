/** Every verb, with the line that the help shows of it. A verb's own file is loaded only when it is called. */
import type { Command } from 'commander';
import type { Io } from './io.ts';

export interface Verb {
  /** What stands behind `--` is for the guest, and none of it is the name of a machine: `define` gets it apart. */
  readonly takesGuestWords?: boolean;
  /** Adds arguments, options, examples and the action, which gives the exit code to `finish`. */
  define(command: Command, io: Io, finish: (code: number) => void, guestWords: readonly string[]): void;
}

export interface VerbEntry {
  readonly group: string;
  readonly summary: string;
  readonly load: () => Promise<{ readonly verb: Verb }>;
}

export const VERBS: Readonly<Record<string, VerbEntry>> = {
  up: { group: 'Machines', summary: 'Make the machines what the file declares', load: () => import('./up.ts') },
  down: { group: 'Machines', summary: 'Stop all machines; their disks stay', load: () => import('./down.ts') },
  start: { group: 'Machines', summary: 'Start machines that were stopped', load: () => import('./start.ts') },
  stop: { group: 'Machines', summary: 'Stop machines, on purpose', load: () => import('./stop.ts') },
  restart: { group: 'Machines', summary: 'Stop and start machines', load: () => import('./restart.ts') },
  rm: { group: 'Machines', summary: 'Delete machines with their disks', load: () => import('./rm.ts') },
  claude: { group: 'Inside', summary: 'Start Claude Code in a machine', load: () => import('./claude.ts') },
  ssh: { group: 'Inside', summary: 'Log in to a machine', load: () => import('./ssh.ts') },
  exec: { group: 'Inside', summary: 'Run a command in a machine', load: () => import('./exec.ts') },
  logs: { group: 'Inside', summary: 'Show the serial console', load: () => import('./logs.ts') },
  ps: { group: 'Look', summary: 'Show the machines of this project', load: () => import('./ps.ts') },
  plan: { group: 'Look', summary: 'Show what up would do', load: () => import('./plan.ts') },
  config: { group: 'Look', summary: 'Print the configuration, complete', load: () => import('./config.ts') },
  validate: { group: 'Look', summary: 'Check the configuration', load: () => import('./validate.ts') },
  script: { group: 'Look', summary: 'Print the start script of a machine', load: () => import('./script.ts') },
  approve: {
    group: 'Host',
    summary: 'Show and allow what the file asks of this host',
    load: () => import('./approve.ts'),
  },
  build: { group: 'Host', summary: 'Build the images, and start nothing', load: () => import('./build.ts') },
  doctor: { group: 'Host', summary: 'Check what this host has, and what it lacks', load: () => import('./doctor.ts') },
};
