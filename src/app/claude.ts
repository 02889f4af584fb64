/** `ai-vm claude`: what the whole thing is for. */
import { AiVmError } from '../model/errors.ts';
import type { Context } from './context.ts';
import { ssh } from './ssh.ts';

export interface ClaudeOptions {
  readonly vm: string | undefined;
  readonly args: readonly string[];
}

/** @returns Claude Code's exit code */
export function claude(context: Context, { vm, args }: ClaudeOptions): Promise<number> {
  const able = (context.project.desired?.vms ?? []).filter((m) => m.image.agents.includes('claude'));
  if (able.length === 0 || (vm !== undefined && !able.some((m) => m.name === vm))) {
    throw new AiVmError('usage', vm === undefined ? 'no machine has Claude Code' : `${vm} has no Claude Code`, {
      fix: 'Add `agents: [claude]` to the machine in the file, then: ai-vm up',
    });
  }
  const name = vm ?? (able.length === 1 ? able[0]!.name : undefined);
  return ssh(context, { vm: name, command: ['start-claude', ...args], user: null });
}
