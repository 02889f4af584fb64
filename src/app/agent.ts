/** `ai-vm claude` and its like: what the whole thing is for. */
import { AGENT_TITLES, startCommand } from '../model/agents.ts';
import type { AgentName } from '../model/desired.ts';
import { AiVmError } from '../model/errors.ts';
import { requireDesired, type Context } from './context.ts';
import { forksOf } from './forks.ts';
import { chooseDeclared } from './select.ts';
import { wake } from './wake.ts';
import { ssh } from './ssh.ts';

export interface AgentOptions {
  readonly vm: string | undefined;
  readonly args: readonly string[];
}

/** @returns the agent's exit code */
export async function startAgent(context: Context, name: AgentName, { vm, args }: AgentOptions): Promise<number> {
  const named = vm === undefined ? [] : [vm];
  await chooseDeclared(context, named);
  const known = [...requireDesired(context).vms, ...(await forksOf(context, named))];
  const able = known.filter((machine) => machine.image.agents.includes(name));
  if (able.length === 0 || (vm !== undefined && !able.some((machine) => machine.name === vm))) {
    const title = AGENT_TITLES[name];
    throw new AiVmError('usage', vm === undefined ? `no machine has ${title}` : `${vm} has no ${title}`, {
      fix: `Add \`agents: [${name}]\` to the machine in the file, then: ai-vm up`,
    });
  }
  const machine = vm ?? (able.length === 1 ? able[0]!.name : undefined);
  await wake(context, machine);
  return ssh(context, { vm: machine, command: [startCommand(name), ...args], user: null });
}
