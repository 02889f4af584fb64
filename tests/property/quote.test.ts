import { describe, expect, it } from '@jest/globals';
import { execa, execaSync } from 'execa';
import fc from 'fast-check';
import { quoteCommand } from '../../src/guest/quote.ts';

const SHELLS = ['sh', 'bash', 'dash', 'zsh', 'fish'];
const present = SHELLS.filter((shell) => execaSync(shell, ['-c', 'true'], { reject: false }).exitCode === 0);

/** Characters that shells treat in some way of their own, more often than chance would have them. */
const special = fc.constantFrom(
  ...Array.from('\'"\\$`!*?[](){}<>|&;#~=%^ \t\r\n-\u0001\u007fä'),
  ...["'\\''", '\\\n', '$(id)', '😀'],
);
const argument = fc.oneof(
  fc.array(special, { maxLength: 12 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 30 }).map((text) => text.replaceAll('\0', '')),
);
const commands = fc.array(fc.array(argument, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 10 });

/** What the shell makes of the commands, each argument printed with a NUL after it. */
async function roundTrip(shell: string, argvs: readonly (readonly string[])[]): Promise<string[]> {
  const script = argvs.map((argv) => quoteCommand(['printf', '%s\\0', ...argv])).join('\n');
  const options = { stripFinalNewline: false, env: { LC_ALL: 'C.UTF-8' } };
  const { stdout } = await execa(shell, ['-c', script], options);
  return stdout.split('\0').slice(0, -1);
}

describe.each(present)('a command quoted for %s', (shell) => {
  it('comes back byte for byte', async () => {
    const property = fc.asyncProperty(commands, async (argvs) => {
      expect(await roundTrip(shell, argvs)).toEqual(argvs.flat());
    });
    await fc.assert(property, { numRuns: 30 });
  });
});
