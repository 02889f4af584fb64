import { describe, expect, it } from '@jest/globals';
import type { GatewayState, SeenGateway } from '../../../src/model/network.ts';
import type { SecretConfig } from '../../../src/model/secrets.ts';
import { changesOf } from '../../../src/reconcile/changes.ts';
import { env } from '../../../src/resources/env.ts';
import { RESOURCES } from '../../../src/resources/index.ts';
import { placeholderOf } from '../../../src/resources/placeholders.ts';
import { secrets } from '../../../src/resources/secrets.ts';
import { bootContext, running, vmConfig } from '../../fixtures/machines.ts';

const network = { hostLoopback: false, allowHost: [], egress: { kind: 'open' as const } };
const KEY: SecretConfig = { name: 'API_KEY', from: 'API_KEY', hosts: [{ host: 'api.example.org', port: 443 }] };
const there = (given: Partial<GatewayState>): SeenGateway => ({
  ...{ is: 'there', version: 1, network, connections: 0, counters: { allowed: 0, denied: 0, sent: 0, received: 0 } },
  ...given,
});

const changes = (desired: readonly SecretConfig[], gateway: SeenGateway | null) => {
  const observed = running(vmConfig({ network }));
  return changesOf(RESOURCES, vmConfig({ network, secrets: desired }), {
    ...observed,
    sightings: { ...observed.sightings, gateway },
  })
    .filter(({ resource }) => resource === 'secrets')
    .map(({ field, before, after, class: how }) => [field, before, after, how]);
};

describe('a placeholder', () => {
  it('is the same at each start, another one for each machine and name, and looks like a key of that service', () => {
    const of = (seed: string, name: string, host: string): string =>
      placeholderOf(seed, { name, hosts: [{ host, port: 443 }] });
    const first = of('seed', 'ANTHROPIC_API_KEY', 'api.anthropic.com');
    expect(first).toMatch(/^sk-ant-api03-[A-Za-z0-9]{95}$/);
    expect(of('seed', 'ANTHROPIC_API_KEY', 'api.anthropic.com')).toBe(first);
    expect(of('other', 'ANTHROPIC_API_KEY', 'api.anthropic.com')).not.toBe(first);
    expect(of('seed', 'GITHUB_TOKEN', 'api.github.com')).toMatch(/^ghp_[A-Za-z0-9]{36}$/);
    expect(of('seed', 'KEY', 'api.example.org')).toMatch(/^ai-vm-placeholder-[A-Za-z0-9]{40}$/);
    expect(of('seed', 'KEY', 'api.example.org')).not.toBe(of('seed', 'KEY_2', 'api.example.org'));
  });
});

describe('secrets', () => {
  it('are changed while a machine runs, by what its gateway has', () => {
    const has = there({ secrets: [{ name: 'API_KEY', hosts: KEY.hosts }] });
    expect(changes([KEY], has)).toEqual([]);
    expect(changes([], there({}))).toEqual([]);
    expect(changes([KEY], there({}))).toEqual([['secrets API_KEY', 'none', 'to api.example.org', 'live']]);
    expect(changes([KEY], { is: 'gone' })).toEqual([['secrets API_KEY', 'none', 'to api.example.org', 'live']]);
    expect(changes([], has)).toEqual([['secrets API_KEY', 'to api.example.org', 'none', 'live']]);
    expect(changes([KEY], null)).toEqual([['secrets API_KEY', 'none', 'to api.example.org', 'reboot']]);
    const more = { ...KEY, hosts: [...KEY.hosts, { host: 'b.example.org', port: 80 }] };
    expect(changes([more], has)).toEqual([
      ['secrets API_KEY', 'to api.example.org', 'to api.example.org, b.example.org:80', 'live'],
    ]);
  });

  it('are given to the gateway before the guest hears of them', () => {
    const change = { resource: 'secrets', field: 'secrets API_KEY', key: 'API_KEY', class: 'live' } as const;
    const whole = { ...change, before: 'none', after: 'to api.example.org', reason: '' };
    const vm = vmConfig({ network, secrets: [KEY] });
    const context = { ...bootContext({ vm }), authority: 'CERTIFICATE', seen: {} as never, applied: vm };
    const steps = secrets.steps!(whole, [KEY], context);
    expect(steps.map((step) => step.do)).toEqual(['secrets', 'guest', 'settings', 'guest', 'forget-login']);
    const { applied } = running(vmConfig({ network }));
    expect(secrets.adopt!(applied!, whole, vm).config.secrets).toEqual([KEY]);
    const gone = secrets.adopt!({ ...applied!, config: vm }, { ...whole, after: 'none' }, vmConfig({ network }));
    expect(gone.config).not.toHaveProperty('secrets');
  });

  it('are placeholders beside the other variables, with what programs trust by', () => {
    const vm = vmConfig({ network, secrets: [KEY], env: { EDITOR: 'vim', SSL_CERT_FILE: '/own' } });
    const context = { ...bootContext({ vm }), authority: 'CERTIFICATE\n' };
    const [file] = env.boot(vm.env, context).guest.files;
    expect(file?.content).toContain(`"API_KEY=${placeholderOf(context.identity.uuid, KEY)}"`);
    expect(file?.content).toContain('"EDITOR=vim"');
    expect(file?.content).toContain('"NODE_EXTRA_CA_CERTS=/run/ai-vm-ca.pem"');
    expect(file?.content).toContain('"SSL_CERT_FILE=/own"');
    expect(secrets.boot([KEY], context).guest.files.map(({ path }) => path)).toEqual([
      ...['/run/ai-vm-ca.pem', '/etc/ssl/certs/cf9c93d0.0', '/run/ai-vm-trust.pem'],
    ]);
    const [plain] = env.boot(vm.env, bootContext({ vm })).guest.files;
    expect(plain?.content).not.toContain('NODE_EXTRA_CA_CERTS');
    // A copy has those of its source, which its programs remember.
    const copy = { ...context, identity: { ...context.identity, uuid: 'another', seed: context.identity.uuid } };
    expect(env.boot(vm.env, copy).guest.files[0]?.content).toBe(file?.content);
  });
});
