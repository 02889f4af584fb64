import { AiVmError } from '../model/errors.ts';
import type { Io } from './io.ts';

/** Asks on the terminal. Without one nobody can answer, and nothing is taken for granted. */
export async function confirm(io: Io, question: string): Promise<boolean> {
  if (!io.stdin.isTTY || !io.stderr.isTTY) {
    throw new AiVmError('usage', `${question} There is no terminal to ask on.`, { fix: 'Say --yes.' });
  }
  const prompts = await import('@clack/prompts');
  const answer = await prompts.confirm({ message: question, initialValue: false, output: io.stderr, input: io.stdin });
  return answer === true;
}
