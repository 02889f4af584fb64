import { AiVmError } from '../model/errors.ts';
import type { ProgressMode } from '../report/reporter.ts';
import type { Io } from './io.ts';

/** Whether there is somebody to ask: what is for programs to read is no place for a question. */
export const canAsk = ({ stdin, stderr }: Io, progress: ProgressMode): boolean =>
  stdin.isTTY && stderr.isTTY && progress !== 'json' && progress !== 'quiet';

/** Asks on the terminal. Without one nobody can answer, and nothing is taken for granted. */
export async function confirm(io: Io, question: string, initialValue = false): Promise<boolean> {
  if (!io.stdin.isTTY || !io.stderr.isTTY) {
    throw new AiVmError('usage', `${question} There is no terminal to ask on.`, { fix: 'Say --yes.' });
  }
  const prompts = await import('@clack/prompts');
  const answer = await prompts.confirm({ message: question, initialValue, output: io.stderr, input: io.stdin });
  // Ctrl-C at a question is no answer to it.
  if (prompts.isCancel(answer)) throw new AiVmError('interrupted', 'interrupted');
  return answer;
}
