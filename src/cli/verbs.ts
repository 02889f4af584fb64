/** Every verb, with the line that the help shows of it. A verb's own file is loaded only when it is called. */
import type { Command } from 'commander';
import type { Row } from '../report/help.ts';
import type { Io } from './io.ts';

/** What the help says beside the options and arguments, which say it themselves. */
export interface VerbHelp {
  /** Paragraphs, an empty line between them. */
  readonly about?: string;
  /** A command line and what it does. */
  readonly examples: readonly Row[];
  /** Exit codes: exits.ts has those of most. */
  readonly exits: readonly Row[];
}

export interface Verb {
  readonly help: VerbHelp;
  /** What stands behind `--` is for the guest, and none of it is the name of a machine: `define` gets it apart. */
  readonly takesGuestWords?: boolean;
  /** Adds arguments, options and the action, which gives the exit code to `finish`. */
  define(command: Command, io: Io, finish: (code: number) => void, guestWords: readonly string[]): void;
}

export interface VerbEntry {
  readonly group: string;
  readonly summary: string;
  readonly load: () => Promise<{ readonly verb: Verb }>;
}

export const VERBS: Readonly<Record<string, VerbEntry>> = {
  init: { group: 'Machines', summary: 'Write a configuration to begin with', load: () => import('./init.ts') },
  up: { group: 'Machines', summary: 'Make the machines what the file declares', load: () => import('./up.ts') },
  watch: {
    group: 'Machines',
    summary: 'Keep the machines what the file declares, as it changes',
    load: () => import('./watch.ts'),
  },
  down: { group: 'Machines', summary: 'Stop all machines; their disks stay', load: () => import('./down.ts') },
  start: { group: 'Machines', summary: 'Start machines that were stopped', load: () => import('./start.ts') },
  stop: { group: 'Machines', summary: 'Stop machines, on purpose', load: () => import('./stop.ts') },
  restart: { group: 'Machines', summary: 'Stop and start machines', load: () => import('./restart.ts') },
  pause: { group: 'Machines', summary: 'Have machines stand still, in memory', load: () => import('./pause.ts') },
  unpause: { group: 'Machines', summary: 'Let paused machines go on', load: () => import('./unpause.ts') },
  kill: { group: 'Machines', summary: 'Cut the power of machines that hang', load: () => import('./kill.ts') },
  suspend: {
    group: 'Machines',
    summary: 'Save running machines to disk, to go on later',
    load: () => import('./suspend.ts'),
  },
  snapshot: {
    group: 'Machines',
    summary: 'Keep a machine as it is, and go back to it',
    load: () => import('./snapshot.ts'),
  },
  fork: { group: 'Machines', summary: 'Copy a running machine, memory and disk', load: () => import('./fork.ts') },
  clone: { group: 'Machines', summary: 'Copy a stopped machine, at once', load: () => import('./clone.ts') },
  rename: { group: 'Machines', summary: 'Give a stopped machine another name', load: () => import('./rename.ts') },
  rm: { group: 'Machines', summary: 'Delete machines with their disks', load: () => import('./rm.ts') },
  claude: { group: 'Inside', summary: 'Start Claude Code in a machine', load: () => import('./claude.ts') },
  codex: { group: 'Inside', summary: 'Start Codex in a machine', load: () => import('./codex.ts') },
  gemini: { group: 'Inside', summary: 'Start Gemini CLI in a machine', load: () => import('./gemini.ts') },
  aider: { group: 'Inside', summary: 'Start Aider in a machine', load: () => import('./aider.ts') },
  opencode: { group: 'Inside', summary: 'Start OpenCode in a machine', load: () => import('./opencode.ts') },
  view: { group: 'Inside', summary: 'Show the desktop of a machine', load: () => import('./view.ts') },
  ssh: { group: 'Inside', summary: 'Log in to a machine', load: () => import('./ssh.ts') },
  exec: { group: 'Inside', summary: 'Run a command in a machine', load: () => import('./exec.ts') },
  'ssh-config': {
    group: 'Inside',
    summary: 'Print the way in for ssh, editors and rsync',
    load: () => import('./ssh-config.ts'),
  },
  cp: { group: 'Inside', summary: 'Copy files into a machine and out of it', load: () => import('./cp.ts') },
  console: { group: 'Inside', summary: 'Talk to the serial console', load: () => import('./console.ts') },
  top: { group: 'Inside', summary: 'Show the processes of a machine', load: () => import('./top.ts') },
  logs: { group: 'Inside', summary: 'Show the serial console', load: () => import('./logs.ts') },
  ps: { group: 'Look', summary: 'Show the machines of this project', load: () => import('./ps.ts') },
  ls: { group: 'Look', summary: 'Show all projects of this host', load: () => import('./ls.ts') },
  port: { group: 'Look', summary: 'Show where ports of a machine are on this host', load: () => import('./port.ts') },
  network: {
    group: 'Look',
    summary: 'Show what machines may reach, and what they try',
    load: () => import('./network.ts'),
  },
  stats: { group: 'Look', summary: 'Show what machines use of this host', load: () => import('./stats.ts') },
  events: { group: 'Look', summary: 'Tell what happens to machines', load: () => import('./events.ts') },
  wait: {
    group: 'Look',
    summary: 'Wait until machines are ready, healthy or stopped',
    load: () => import('./wait.ts'),
  },
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
  images: { group: 'Host', summary: 'Show the images, and who uses them', load: () => import('./images.ts') },
  prune: { group: 'Host', summary: 'Remove what nobody needs any more', load: () => import('./prune.ts') },
  completion: {
    group: 'Host',
    summary: 'Print a script with which a shell completes words',
    load: () => import('./completion.ts'),
  },
  version: { group: 'Host', summary: 'Show what takes part in a machine', load: () => import('./version.ts') },
  doctor: { group: 'Host', summary: 'Check what this host has, and what it lacks', load: () => import('./doctor.ts') },
};
