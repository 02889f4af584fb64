/** What a session in a guest is given of this one: variables that are named, and the SSH agent. */
import { InvalidArgumentError, Option } from 'commander';
import { AiVmError } from '../model/errors.ts';
import type { Io } from './io.ts';

export interface EnvOptions {
  readonly env?: readonly string[];
  readonly forwardAgent?: boolean;
}

export const envOption = new Option(
  '-e, --env <name[=value]>',
  'a variable of the command; without a value, your own one; repeatable',
).argParser((word: string, before: readonly string[] | undefined): string[] => {
  if (!/^[A-Za-z_][A-Za-z0-9_]*(=|$)/.test(word)) throw new InvalidArgumentError('NAME=VALUE, or NAME, is expected.');
  return [...(before ?? []), word];
});

/** @throws AiVmError usage for one that is not set */
export function envOf(
  { env }: Pick<Io, 'env'>,
  { env: words = [], forwardAgent = false }: EnvOptions,
): { readonly env: Record<string, string>; readonly forwardAgent: boolean } {
  const pairs = words.map((word): [string, string] => {
    const at = word.indexOf('=');
    const name = at < 0 ? word : word.slice(0, at);
    const value = at < 0 ? env[name] : word.slice(at + 1);
    if (value === undefined)
      throw new AiVmError('usage', `${name} is not set here`, { fix: `Say --env ${name}=VALUE.` });
    return [name, value];
  });
  if (forwardAgent && !env['SSH_AUTH_SOCK']) {
    throw new AiVmError('usage', 'there is no SSH agent to forward', {
      fix: 'eval "$(ssh-agent)"; ssh-add, then the same again.',
    });
  }
  return { env: Object.fromEntries(pairs), forwardAgent };
}
