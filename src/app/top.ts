/** `top`: processes inside machines, as the guest tells of them. */
import { Agent } from '../guest/agent.ts';
import { sanitise } from '../host/untrusted.ts';
import { AiVmError } from '../model/errors.ts';
import { observe } from '../reconcile/observe.ts';
import type { Context } from './context.ts';
import { chooseAny } from './select.ts';

/** A process of a guest. */
export interface GuestProcess {
  readonly user: string;
  readonly pid: number;
  /** Per cent of one vCPU, over the life of the process. */
  readonly cpu: number;
  /** Bytes. */
  readonly memory: number;
  /** `[[DD-]HH:]MM:SS` */
  readonly elapsed: string;
  readonly command: string;
}

const PS = ['ps', '-eo', 'user:32=,pid=,pcpu=,rss=,etime=,args=', '--sort=-pcpu', '-ww'] as const;
const PATIENCE = 10_000;
/** A command line of a hostile guest may be as long as its memory. */
const LONGEST = 500;

/** Lines that are not of the expected shape are left out: the guest is not trusted. */
export function parsePs(text: string): GuestProcess[] {
  return text.split('\n').flatMap((line) => {
    const found = /^(\S+) +(\d{1,10}) +(\d{1,6}(?:\.\d+)?) +(\d{1,12}) +([\d:-]{1,20}) (.*)$/.exec(line.trim());
    if (!found) return [];
    const [, user = '', pid, cpu, rss, elapsed = '', command = ''] = found;
    const memory = Number(rss) * 1024;
    const shown = sanitise(command).trim().slice(0, LONGEST);
    return [{ user: sanitise(user), pid: Number(pid), cpu: Number(cpu), memory, elapsed, command: shown }];
  });
}

export interface MachineTop {
  readonly name: string;
  /** What uses most CPU first. */
  readonly processes: readonly GuestProcess[];
}

/** Without names, of all that run. @throws AiVmError machine.not-running, guest.agent */
export async function top(context: Context, names: readonly string[]): Promise<MachineTop[]> {
  const chosen = await chooseAny(context, names);
  const seen = await Promise.all(chosen.map((vm) => observe(vm, context.project.machine(vm))));
  const running = seen.filter(({ vm, state }) => {
    if (state !== 'running' && names.includes(vm)) {
      throw new AiVmError('machine.not-running', `${vm} is ${state}`, { vm, fix: `ai-vm up ${vm}` });
    }
    return state === 'running';
  });
  return Promise.all(
    running.map(async ({ vm }) => {
      const agent = new Agent(context.project.machine(vm).agent);
      const { stdout } = await agent.exec(PS, { timeout: PATIENCE, signal: context.signal });
      // Not the one that tells.
      const others = parsePs(stdout.toString('utf8')).filter(({ command }) => command !== PS.join(' '));
      return { name: vm, processes: others };
    }),
  );
}
