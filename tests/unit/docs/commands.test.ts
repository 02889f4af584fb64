import { beforeAll, describe, expect, it } from '@jest/globals';
import { runCli } from '../../../src/cli/run.ts';
import type { Io } from '../../../src/cli/io.ts';
import { VERBS } from '../../../src/cli/verbs.ts';
import { blocks, documents, inlineCode, read, section } from './support.ts';

/** `ai-vm up dev --restart`, with `npx` or a `$` before it or not, and without what stands behind `#` or in another command. */
function commandOf(line: string): string | undefined {
  const found = /^(?:\$ )?(?:\w+=\S+ )*(?:sudo )?(?:npx )?ai-vm(?: +(.*))?$/.exec(line.trim());
  return found?.[1]?.replace(/ +(#|\||&&|>|<).*$/, '');
}

const commands = documents().flatMap((document) => {
  const markdown = read(document);
  const shells = blocks(markdown).filter(({ language }) => language === 'sh' || language === 'console');
  const lines = [...shells.flatMap(({ text }) => text.split('\n')), ...inlineCode(markdown)];
  return lines.flatMap((line) => {
    const command = commandOf(line);
    return command === undefined || command === '' ? [] : [{ document, command }];
  });
});

/** The options that a verb's help tells of. */
async function optionsOf(verb: string): Promise<Set<string>> {
  let help = '';
  const out = { write: (text: string) => (help += text) !== '' } as unknown as NodeJS.WriteStream;
  const io: Io = {
    stdin: process.stdin,
    stdout: out,
    stderr: out,
    env: {},
    cwd: '/',
    signal: new AbortController().signal,
  };
  expect(await runCli([verb, '--help'], io)).toBe(0);
  // Options of verbs below it, `snapshot restore --yes`, count as its own.
  const below = /^Commands:\n((?: {2}.*\n)+)/m.exec(help)?.[1]?.match(/^ {2}\w+/gm) ?? [];
  for (const sub of below) expect(await runCli([verb, sub.trim(), '--help'], io)).toBe(0);
  const lines = help.matchAll(/^ {2}(?:(-\w), )?(--[\w-]+)/gm);
  return new Set([...lines].flatMap(([, short, long]) => [...(short ? [short] : []), long!]));
}

const GLOBAL = new Set(['--version', '-V', '--help', '-h']);

describe('the commands in the documentation', () => {
  const options = new Map<string, Set<string>>();
  beforeAll(async () => {
    for (const verb of Object.keys(VERBS)) options.set(verb, await optionsOf(verb));
  });

  it('are found', () => expect(commands.length).toBeGreaterThan(40));

  it.each(commands)('$document: ai-vm $command', ({ command }) => {
    const words = command.split(/ +/);
    const own = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
    const verb = own[0]!;
    if (verb.startsWith('-')) {
      expect(GLOBAL).toContain(verb);
      return;
    }
    expect(Object.keys(VERBS)).toContain(verb);
    const given = own.slice(1).filter((word) => word.startsWith('-'));
    const known = options.get(verb) ?? new Set();
    expect(given.filter((option) => !known.has(option.replace(/=.*/, '')))).toEqual([]);
  });

  it('of the README tell of every verb', () => {
    const told = inlineCode(section(read('README.md'), 'Verbs')).map(
      (code) => code.replace(/^ai-vm /, '').split(' ')[0],
    );
    expect(Object.keys(VERBS).filter((verb) => !told.includes(verb))).toEqual([]);
  });
});
