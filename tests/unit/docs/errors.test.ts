import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ERROR_CODES, type ErrorCode } from '../../../src/model/errors.ts';
import { errorAnchor } from '../../../src/report/errors.ts';
import { anchor, headings, read, ROOT, section } from './support.ts';

const DOCUMENT = 'docs/errors.md';
const text = read(DOCUMENT);
const codes = Object.keys(ERROR_CODES) as ErrorCode[];
const documented = headings(text)
  .filter(({ level }) => level === 2)
  .map((heading) => heading.text);

const sources = (dir: string): { path: string; text: string }[] =>
  readdirSync(join(ROOT, dir), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.startsWith('generated'))
    .map((name) => ({ path: join(dir, name), text: readFileSync(join(ROOT, dir, name), 'utf8') }));

/** The codes of faults: what the configuration's own code has in quotes and is no error's code. */
const faults = [
  ...new Set(sources('src/config').flatMap(({ text: source }) => source.match(/(?<=')config\.[a-z-]+(?=')/g) ?? [])),
];

describe('docs/errors.md', () => {
  it('has a section for every code, and for nothing else', () => {
    expect([...documented].sort()).toEqual([...codes, ...faults].sort());
  });

  it('keeps errors and faults apart, each in alphabetical order', () => {
    const errors = documented.filter((code) => code in ERROR_CODES);
    expect(errors).toEqual([...codes].sort());
    expect(documented.slice(errors.length)).toEqual([...faults].sort());
  });

  it.each(codes)('says the exit code of %s', (code) => {
    expect(section(text, code).trim()).toMatch(new RegExp(`^Exit code ${ERROR_CODES[code]}\\.`));
  });

  it.each(codes)('is found where the message of %s points', (code) => {
    expect(errorAnchor(code)).toBe(`${DOCUMENT}#${anchor(code)}`);
  });
});

describe('the codes', () => {
  it('can all be printed: none is there for nothing', () => {
    const all = sources('src').filter(({ path }) => path !== 'src/model/errors.ts');
    const unused = codes.filter((code) => !all.some(({ text: source }) => source.includes(`'${code}'`)));
    // It is the code of ConfigError, which errors.ts itself gives.
    expect(unused).toEqual(['config.invalid']);
  });
});
