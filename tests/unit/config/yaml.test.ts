import { expect, it } from '@jest/globals';
import { faults, load, machine } from './support.ts';

it('anchors and merge keys are resolved, the first source and the own keys winning', () => {
  const text = `
x-a: &a {cpus: 4, memory: 1GiB}
x-b: &b {cpus: 8, nested: false}
vms:
  dev: {<<: [*a, *b], memory: 2GiB}
`;
  expect(load(text).desired.vms[0]).toMatchObject({ cpus: 4, memory: 2 * 2 ** 30, nested: false });
});

it('a later anchor of the same name counts from there on', () =>
  expect(machine('labels: {a: &x 1, b: *x, c: &x 2, d: *x}').labels).toEqual({ a: '1', b: '1', c: '2', d: '2' }));

it('a quoted << is a key', () => expect(machine('labels: {"<<": a}').labels).toEqual({ '<<': 'a' }));

it('faults in anchored content are shown where they are written', () =>
  expect(faults('x-a: &a {cpus: 0}\nvms:\n  dev: *a\n')).toContain('ai-vm.yaml:1:16'));

it('Windows line ends and a byte order mark do no harm', () =>
  expect(load('\uFEFFvms:\r\n  dev:\r\n    cpus: 3\r\n').desired.vms[0]!.cpus).toBe(3));

it('is YAML 1.2: no is a word, and so is on', () =>
  expect(machine('restart: no\nenv: {A: on, B: 22:22}').env).toEqual({ A: 'on', B: '22:22' }));
