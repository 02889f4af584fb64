import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { DotenvError, parseDotenv } from '../../../src/config/dotenv.ts';

interface Case {
  readonly id: string;
  readonly op: 'parse' | 'parse-lookup' | 'read' | 'read-lookup' | 'load' | 'multi';
  readonly input: string | readonly string[] | null;
  readonly env: Readonly<Record<string, string>>;
  readonly expected: Readonly<Record<string, string>> | null;
  readonly match: 'exact' | 'subset' | null;
  readonly error?: {
    readonly kind: string;
    readonly line?: number;
    readonly message?: string;
    readonly match?: string;
  };
}

const CASES = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../../shared/conformance/dotenv.json'), 'utf8'),
) as readonly Case[];

/** What Compose does with a file that is not there or a directory is for whoever reads files. */
const OF_FILES = ['not-found', 'is-directory'];

const values = (text: string, env: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries([...parseDotenv(text, (name) => env[name])].map(([name, { value }]) => [name, value]));

function outcome({ op, input, env }: Case): Record<string, string> {
  const looked = op.endsWith('lookup') || op === 'multi' ? env : {};
  if (typeof input !== 'string') {
    return (input ?? []).reduce<Record<string, string>>((all, text) => ({ ...all, ...values(text, looked) }), {});
  }
  const found = values(input, looked);
  // A name that begins with a digit is dropped when a file is read; the environment wins when one is loaded.
  const named = Object.entries(found).filter(([name]) => !op.startsWith('read') || !/^\d/u.test(name));
  return { ...Object.fromEntries(named), ...(op === 'load' ? env : {}) };
}

describe('a file of variables, by Compose’s own cases', () => {
  it.each(CASES.filter(({ error }) => !OF_FILES.includes(error?.kind ?? '')).map((each) => [each.id, each] as const))(
    '%s',
    (_id, each) => {
      if (each.error) {
        expect(() => outcome(each)).toThrow(DotenvError);
        expect(() => outcome(each)).toThrow(each.error.message ?? '');
      } else if (each.match === 'exact') expect(outcome(each)).toEqual(each.expected);
      else expect(outcome(each)).toMatchObject(each.expected ?? {});
    },
  );

  it('are all run but for those of files that cannot be read', () => {
    expect(CASES).toHaveLength(105);
    expect(CASES.filter(({ error }) => OF_FILES.includes(error?.kind ?? '')).map(({ id }) => id)).toEqual([
      'TestLoadWithNoArgsLoadsDotEnv#0',
      'TestLoadFileNotFound#0',
      'TestErrorReadDirectory#0',
      'TestGetEnvFromFile#0',
    ]);
  });
});

describe('a file of variables', () => {
  it('tells which variables of the environment it draws in, directly and through others', () => {
    const found = parseDotenv('A=$HOME\nB="x${A}"\nC=plain\nTOKEN\n', (name) => ({ HOME: '/h', TOKEN: 't' })[name]);
    expect([...found].map(([name, { value, drawn }]) => [name, value, drawn])).toEqual([
      ['A', '/h', ['HOME']],
      ['B', 'x/h', ['HOME']],
      ['C', 'plain', []],
      ['TOKEN', 't', ['TOKEN']],
    ]);
  });

  it('says where it is faulty', () => {
    const text = 'A=1\n  B C=2\n';
    expect.assertions(1);
    try {
      parseDotenv(text);
    } catch (error) {
      expect(error).toMatchObject({ line: 2, offset: 6, length: 3 });
    }
  });
});
