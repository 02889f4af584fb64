/** What the documentation tells people to type: understood by the program itself, and run by tests/pages/docs.test.ts. */
import { describe, expect, it } from '@jest/globals';
import { defineVerb } from '../../../src/cli/describe.ts';
import type { Io } from '../../../src/cli/io.ts';
import { VERBS } from '../../../src/cli/verbs.ts';
import { splitVerb } from '../../../src/cli/words.ts';
import { ALWAYS, pageOf, reasonOf } from '../../support/pages.ts';
import { callsOf } from '../../support/shell.ts';
import { documents, read, section } from './support.ts';

const pages = documents()
  .filter((document) => document === 'README.md' || /^docs\/[^/]+\.md$/.test(document))
  .map((document) => pageOf(document));

const OVERVIEW = new Set(['--help', '-h', '--version', '-V', undefined]);

/** Has the parser of a verb read its words, without doing what they say. @throws what is wrong with them */
async function understand(words: readonly string[]): Promise<void> {
  const { name, rest } = splitVerb(words);
  if (name === undefined && OVERVIEW.has(rest[0])) return;
  const entry = VERBS[name ?? ''];
  if (name === undefined || !entry) throw new Error(`there is no verb ${name ?? rest[0] ?? ''}`);
  const { verb } = await entry.load();
  const dashes = verb.takesGuestWords ? rest.indexOf('--') : -1;
  const [own, guestWords] = dashes < 0 ? [rest, []] : [rest.slice(0, dashes), rest.slice(dashes + 1)];
  const { command } = defineVerb(name, entry, verb, {} as Io, () => undefined, guestWords);
  for (const each of [command, ...command.commands]) {
    each.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
    if (each.commands.length === 0) each.action(() => undefined);
  }
  if (own.includes('--help')) return;
  await command.parseAsync(own, { from: 'user' });
}

const calls = pages.flatMap(({ document, blocks }) =>
  blocks.flatMap(({ at, commands }) =>
    commands.flatMap(({ line }) => callsOf(line).map((words) => ({ where: `${document}:${at}`, words }))),
  ),
);

describe('commands in blocks', () => {
  it('are found', () => {
    expect(calls.length).toBeGreaterThan(150);
    expect(new Set(calls.map(({ where }) => where.split(':')[0])).size).toBeGreaterThan(12);
  });

  it.each(calls.map(({ where, words }) => ({ where, words, said: words.join(' ') })))(
    '$where: ai-vm $said',
    async ({ words }) => {
      await expect(understand(words)).resolves.toBeUndefined();
    },
  );

  it.each([
    ['there is no such verb', ['upp']],
    ['unknown option', ['up', '--recrate', 'dev']],
    ['too many arguments', ['validate', 'dev']],
    ['missing required argument', ['cp']],
    ['Allowed choices', ['ps', '--format', 'xml']],
  ])('are refused: %s', async (_, words) => {
    await expect(understand(words)).rejects.toThrow();
  });
});

describe('pages that are followed at every run', () => {
  it('are the ones that docs/README.md names', () => {
    const told = section(read('docs/README.md'), 'What is shown is what happens').matchAll(/\]\(([\w-]+\.md)\)/g);
    expect([...told].map(([, name]) => `docs/${name}`)).toEqual(ALWAYS);
    expect(pages.filter(({ document, notRun }) => ALWAYS.includes(document) && notRun === null)).toHaveLength(3);
  });
});

describe('blocks that no test runs', () => {
  const reasons = new Map<string, number>();
  let run = 0;
  for (const page of pages) {
    for (const block of page.blocks.filter(({ commands }) => commands.length > 0)) {
      const reason = reasonOf(page, block);
      if (reason === null) run += 1;
      else reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
  }

  it('are told of in docs/README.md, each with its reason and how many there are', () => {
    const rows = section(read('docs/README.md'), 'What is not run').matchAll(/^\| +(\d+) +\| (.+?) +\|$/gm);
    const told = new Map([...rows].map(([, count, reason]) => [reason!, Number(count)]));
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(reasons));
  });

  it('are fewer than those that are, but for pages that list what there is', () => {
    const elsewhere = pages.filter(({ notRun }) => notRun !== null).flatMap(({ blocks }) => blocks).length;
    expect(run).toBeGreaterThan([...reasons.values()].reduce((sum, count) => sum + count, 0) - elsewhere);
  });
});
