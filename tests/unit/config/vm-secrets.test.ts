import { describe, expect, it } from '@jest/globals';
import { configFile } from '../../../src/config/print.ts';
import { faults, load } from './support.ts';

const one = (text: string) => load(text).desired.vms[0]!;
const secrets = (text: string) => one(`vms: {dev: {secrets: ${text}}}`).secrets;
const api = { host: 'api.example.org', port: 443 };

describe('secrets of a machine', () => {
  it('are named with hosts, and their value comes from the variable of the same name or another one', () => {
    expect(secrets('{}')).toBeUndefined();
    expect(secrets('{KEY: {hosts: [API.example.org., api.example.org]}}')).toEqual([
      { name: 'KEY', from: 'KEY', hosts: [api] },
    ]);
    expect(
      secrets(
        '{B: {from: {env: WORK_KEY}, hosts: ["api.example.org:80", "api.example.org:8443"]}, A: {from: env, hosts: [a.example.org]}}',
      ),
    ).toEqual([
      { name: 'A', from: 'A', hosts: [{ host: 'a.example.org', port: 443 }] },
      {
        name: 'B',
        from: 'WORK_KEY',
        hosts: [
          { ...api, port: 80 },
          { ...api, port: 8443 },
        ],
      },
    ]);
  });

  it('come with a gateway, and are merged with those of the defaults', () => {
    expect(one('vms: {dev: {secrets: {KEY: {hosts: [a.example.org]}}}}').network).toEqual({
      ...{ hostLoopback: false, allowHost: [], egress: { kind: 'open' } },
    });
    const text =
      'defaults: {secrets: {A: {hosts: [a.example.org]}}}\nvms: {dev: {secrets: {B: {hosts: [b.example.org]}}}}';
    expect(one(text).secrets?.map(({ name }) => name)).toEqual(['A', 'B']);
  });

  it.each([
    ['{1KEY: {hosts: [a.b]}}', 'is not a name for a variable'],
    ['{KEY: {from: {env: "a b"}, hosts: [a.b]}}', 'is not a name for a variable'],
    ['{KEY: {}}', 'it names no host that it is for'],
    ['{KEY: {hosts: []}}', 'it names no host that it is for'],
    ['{KEY: {hosts: ["*.example.org"]}}', 'is not one host'],
    ['{KEY: {hosts: ["8.8.8.8"]}}', 'is an address'],
    ['{KEY: {hosts: ["https://a.b"]}}', 'is no host'],
    ['{KEY: {hosts: ["a.b:70000"]}}', 'not a port number'],
    ['{KEY: {from: vault, hosts: [a.b]}}', 'secrets.KEY.from'],
    ['{KEY: sk-123}', 'secrets.KEY'],
  ])('say what is wrong with %s', (text, message) => {
    expect(faults(`vms: {dev: {secrets: ${text}}}`)).toContain(message);
  });

  it('have to be reached, and are no variables that the guest has', () => {
    const closed = 'vms: {dev: {network: {egress: [b.example.org]}, secrets: {KEY: {hosts: [a.example.org]}}}}';
    expect(faults(closed)).toContain('a.example.org is not in `egress`, so it is never reached');
    expect(faults(closed.replace('[b.example.org]', '["*.example.org"]'))).toBe('no fault');
    expect(faults('vms: {dev: {network: host, secrets: {KEY: {hosts: [a.example.org]}}}}')).toContain(
      'without a gateway',
    );
    expect(faults('vms: {dev: {env: {KEY: x}, secrets: {KEY: {hosts: [a.example.org]}}}}')).toContain(
      'is in `env`, too',
    );
  });

  it('are printed as they are read', () => {
    const { desired } = load('vms: {dev: {secrets: {A: {from: {env: B}, hosts: ["a.b:80"]}, C: {hosts: [c.d]}}}}');
    expect(one(JSON.stringify(configFile(desired))).secrets).toEqual(desired.vms[0]!.secrets);
  });
});
