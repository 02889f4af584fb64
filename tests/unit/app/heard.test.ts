import { describe, expect, it } from '@jest/globals';
import { hearing } from '../../../src/app/heard.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { parserFor } from '../../../src/config/parser.ts';

describe('an environment that is heard', () => {
  it('knows what was asked for, set or not, and answers as ever', () => {
    const env: Record<string, string | undefined> = { A: 'a', B: 'b', C: 'c' };
    const { env: heard, names } = hearing(env);
    expect([heard['A'], heard['X'], 'B' in heard, Object.hasOwn(heard, 'Y')]).toEqual(['a', undefined, true, false]);
    expect(names()).toEqual(['A', 'X', 'B', 'Y']);
    env['A'] = 'now';
    expect(heard['A']).toBe('now');
  });

  it('hears of a project the variables that it names, and no others', async () => {
    const { env, names } = hearing({ CPUS: '2', OWN: 'o', SECRET: 's', OTHER: 'x' });
    const text = `vms:
  dev:
    cpus: \${CPUS}
    labels: {name: "\${NAME:-dev}"}
    env: {OWN: , FIXED: $$, DRAWN: "\${FROM_FILE}"}
    secrets: {SECRET: {from: env, hosts: [api.example.org]}}
    network: {egress: [api.example.org]}
`;
    const parse = await parserFor('/p/ai-vm.yaml');
    const { warnings } = loadConfig({
      ...{ files: [{ path: '/p/ai-vm.yaml', text, parse }], dir: '/p', home: '/home/ann', env },
      variables: [{ path: '/p/.env', text: 'FROM_FILE=${INNER:-1}\n' }],
    });
    expect(warnings).toEqual([]);
    expect(new Set(names())).toEqual(new Set(['CPUS', 'NAME', 'OWN', 'FROM_FILE', 'INNER']));
  });
});
