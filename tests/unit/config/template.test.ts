import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { TemplateError, substitute } from '../../../src/config/template.ts';

interface Case {
  readonly id: string;
  readonly template: string;
  readonly env: Record<string, string>;
  readonly expected?: string;
  readonly error?: { kind: 'invalid' | 'required'; message: string; match: 'contains' | 'exact'; variable?: string };
  readonly warnings?: number;
}

/** Compose's own cases, as data; they are laid beside the checkout. */
function readCases(): Case[] {
  const path = join(import.meta.dirname, '../../../../shared/conformance/interpolation.json');
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Case[];
  } catch (error) {
    throw new Error(`The conformance cases of Compose are missing: put them at ${path}`, { cause: error });
  }
}

function outcome(template: string, env: Record<string, string>): unknown {
  try {
    return substitute(template, (name) => env[name]);
  } catch (error) {
    if (error instanceof TemplateError) return error;
    throw error;
  }
}

const cases = readCases();

describe("Compose's cases", () => {
  it('are all here', () => expect(cases).toHaveLength(121));

  it.each(cases.map((c) => [c.id, c.template, c] as const))('%s %s', (_id, template, wanted) => {
    const result = outcome(template, wanted.env);
    if (wanted.error) {
      expect(result).toBeInstanceOf(TemplateError);
      const error = result as TemplateError;
      expect(error.kind).toBe(wanted.error.kind);
      if (wanted.error.match === 'exact') expect(error.message).toBe(wanted.error.message);
      else expect(error.message).toContain(wanted.error.message);
      if (wanted.error.variable) expect(error.variable).toBe(wanted.error.variable);
      return;
    }
    expect(result).toMatchObject({ text: wanted.expected });
    if (wanted.warnings !== undefined) expect(result).toHaveProperty('unset.length', wanted.warnings);
  });
});

describe('substitute', () => {
  const env = { FOO: 'first', EMPTY: '' };
  it.each([
    // Compose skips the character behind an opening brace, and so loses count here; braces that balance are taken at their word.
    ['${UNSET:-{}} ${FOO}', '{} first'],
    ['${UNSET:-{}', '{'],
    ['$$FOO $${FOO} $$$FOO', '$FOO ${FOO} $first'],
    ['${UNSET:-$$x}', '$x'],
    ['cost: 5$ or $5', 'cost: 5$ or $5'],
    ['$FOO$FOO', 'firstfirst'],
    ['${EMPTY:+x}${EMPTY+y}', 'y'],
  ])('%s → %s', (template, text) => expect(outcome(template, env)).toMatchObject({ text }));

  it('says whose values are in the text: no tested, no skipped one', () => {
    const text = '${FOO:+a}${EMPTY:-${FOO}}${UNSET-b}${FOO:-${HIDDEN}}$UNSET';
    expect(outcome(text, { ...env, HIDDEN: 'x' })).toEqual({
      text: 'afirstbfirst',
      used: ['FOO', 'FOO'],
      unset: ['UNSET'],
    });
  });

  it('refuses endless nesting', () => {
    const deep = '${A:-'.repeat(100_000) + '}'.repeat(100_000);
    expect(outcome(deep, {})).toBeInstanceOf(TemplateError);
  });
});
