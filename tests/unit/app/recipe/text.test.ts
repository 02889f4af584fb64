import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { canAsk, recipeText, type Recipe } from '../../../../src/app/recipe/text.ts';

const RECIPE: Recipe = {
  variables: new Map([
    ['HOME', '/root'],
    ['ODD', `it's "$(id)"\n\`id\``],
    ['NONE', null],
  ]),
  unchanged: ['/p/ai-vm.yaml', `/p/it's; id`],
  processes: [{ pid: 77, startTime: '4711' }],
  socket: '/run/s s',
  argv: ['-T', `-oA="%% $(id)"`, '--', '127.0.0.1', `cd '/mnt/it'"'"'s' 2>/dev/null; exec `],
};

/** What a shell with stand-ins makes of it. */
const run = (text: string, env: Record<string, string>): string => {
  const around = `
unchanged() { printf 'unchanged <%s>\\n' "$@"; }
alive() { printf 'alive %s %s\\n' "$@"; }
[() { case $1 in -S) printf 'socket %s\\n' "$2" ;; *) test "\${1}" = "\${3}" ;; esac; }
exec_() { printf '<%s>\\n' "$@"; }
recipe() {
${text.replaceAll('exec ssh', 'exec_ ssh')}
}
recipe && connect 'a  b' || echo no`;
  return execFileSync('bash', ['-c', around], { env, encoding: 'utf8' });
};

describe('a recipe', () => {
  it('asks for all that it depends on, and runs what it was given', () => {
    expect(run(recipeText(RECIPE), { HOME: '/root', ODD: RECIPE.variables.get('ODD')! })).toBe(
      [
        ...['unchanged </p/ai-vm.yaml>', `unchanged </p/it's; id>`, 'alive 77 4711', 'socket /run/s s'],
        ...['<ssh>', '<-T>', '<-oA="%% $(id)">', '<-->', '<127.0.0.1>'],
        `<cd '/mnt/it'"'"'s' 2>/dev/null; exec a  b>\n`,
      ].join('\n'),
    );
  });

  it.each([
    ['is another', { HOME: '/', ODD: RECIPE.variables.get('ODD')! }],
    ['is gone', { HOME: '/root' }],
    ['is there', { HOME: '/root', ODD: RECIPE.variables.get('ODD')!, NONE: '' }],
  ])('is none where a variable %s', (_what, env) => {
    expect(run(recipeText(RECIPE), env)).toBe('no\n');
  });

  it('asks for variables that a shell can have', () => {
    expect(canAsk(['HOME', '_x1'])).toBe(true);
    for (const name of ['a-b', '1a', '', 'a b', 'aivm_recipe']) expect(canAsk([name])).toBe(false);
    expect(canAsk(Array.from({ length: 101 }, (_, n) => `A${n}`))).toBe(false);
  });
});
