import { describe, expect, it } from '@jest/globals';
import { variables } from '../../../src/app/config.ts';
import type { Context } from '../../../src/app/context.ts';
import { variablesIn } from '../../../src/config/template.ts';
import { load } from './support.ts';

describe('variables of a text', () => {
  it.each([
    ['$A ${B}$$C', ['A false null', 'B false null']],
    ['${A:-x} ${B-} ${C:?m} ${D?} ${E:+y}', ['A false x', 'B false ', 'C true null', 'D true null', 'E false null']],
    ['${A:-${B:-${C:?no}}}', ['A false ${B:-${C:?no}}', 'B false ${C:?no}', 'C true null']],
    ['100 $ and $1', []],
    ['${A:-${}} $B', ['A false ${}', 'B false null']],
  ])('are found where they are named: %s', (text, expected) =>
    expect(variablesIn(text).map(({ name, required, otherwise }) => `${name} ${required} ${otherwise}`)).toEqual(
      expected,
    ),
  );
});

describe('config --variables', () => {
  it('shows what is required and what is used otherwise, and hides secrets', () => {
    const text =
      'vms: {dev: {cpus: "${N:-3}", env: {A: "${A:?say}", B: "$A ${GONE:-${INNER:-x}}", T: "${MY_TOKEN:-hunter2}"}, labels: {n: "$N"}}}\n';
    const loaded = load(text, { env: { A: 'a b' } });
    const context = { project: { desired: loaded.desired, loaded } } as unknown as Context;
    expect(variables(context, false)).toMatchInlineSnapshot(`
      "NAME      REQUIRED  DEFAULT      VALUE  FROM
      A         true                   a b    the environment
      GONE      false     \${INNER:-x}         not set
      INNER     false     x                   not set
      MY_TOKEN  false     [hidden]            not set
      N         false     3                   not set
      "
    `);
    expect(variables(context, true)).toMatch(/MY_TOKEN +false +hunter2/);
  });
});
