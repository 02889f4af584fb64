import { describe, expect, it } from '@jest/globals';
import { faults } from './support.ts';

/** Each is within the size limit and is refused with one diagnostic; without a bound it would take minutes or all memory. */
const MIB = 1024 * 1024;
const fill = (piece: string, size = MIB - 100): string => piece.repeat(Math.floor(size / piece.length));

const laughs = ['l0: &l0 [x, x, x, x, x, x, x, x, x, x]'];
for (let level = 1; level < 10; level++) laughs.push(`l${level}: &l${level} [${`*l${level - 1}, `.repeat(10)}]`);
const merges = ['m0: &m0 {a: 1, b: 2}'];
for (let level = 1; level < 40; level++) merges.push(`m${level}: &m${level} {x: *m${level - 1}, y: *m${level - 1}}`);

describe('YAML made to hurt', () => {
  it.each([
    ['laughs', laughs.join('\n'), 'too much in one file'],
    ['merges', merges.join('\n'), 'too much in one file'],
    ['brackets', fill('['), 'nested more than 64 levels deep'],
    ['braces', fill('{a: '), 'nested more than 64 levels deep'],
    ['dashes', fill('- '), 'nested more than 64 levels deep'],
    ['questions', fill('? '), 'nested more than 64 levels deep'],
    ['keys', fill('a: '), 'nested more than 64 levels deep'],
    ['depth', `${'['.repeat(80)}${']'.repeat(80)}`, 'nested more than 64 levels deep'],
    ['lines', fill('- a\n'), 'too much in one file'],
    ['directives', fill('%A\n'), 'too much in one file'],
    ['aliases', `a: &a x\nb:\n${fill('- *a\n')}`, 'too much in one file'],
    ['a cycle', 'vms: {dev: &a {env: *a}}', 'an alias that contains itself'],
    ['a merged cycle', 'vms: &a\n  <<: *a', 'an alias that contains itself'],
    ['size', fill(' ', 2 * MIB), 'is larger than 1 MiB'],
  ])('%s', (_title, text, message) => {
    const said = faults(text);
    expect(said).toContain(message);
    expect(said.length).toBeLessThan(1000);
  });
});

describe('TOML made to hurt', () => {
  it.each([
    ['brackets', `a = ${fill('[')}`, 'the closing bracket is missing'],
    ['depth', `a = ${'['.repeat(3000)}${']'.repeat(3000)}`, 'nested more than 64 levels deep'],
    ['dots', `${fill('a.')}a = 1`, 'nested more than 64 levels deep'],
    ['tables', fill('[[a]]\n'), 'too much in one file'],
  ])('%s', (_title, text, message) => {
    const said = faults(text, { file: 'ai-vm.toml' });
    expect(said).toContain(message);
    expect(said.length).toBeLessThan(5000);
  });
});

describe('content made to hurt', () => {
  it('thousands of faults are not all told', () => {
    const text = `vms:\n  dev:\n${Array.from({ length: 5000 }, (_, i) => `    k${i}: 1\n`).join('')}`;
    expect(faults(text).match(/unknown key/g)).toHaveLength(100);
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('the key %s is one like any other', (key) => {
    expect(faults(`${key}: 1\nvms: {dev: {${key}: 1}}`)).toContain(`vms.dev: unknown key \`${key}\``);
    expect(faults(`vms: {dev: {env: {${key}: "1"}, labels: {${key}: "1"}}}`)).toBe('no fault');
  });

  it('NUL is refused wherever it stands', () =>
    expect(faults('vms: {dev: {provision: ["a\\0b"], shares: [{path: "\\0"}]}}').match(/holds a NUL/g)).toHaveLength(
      2,
    ));
});
