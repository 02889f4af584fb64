import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { asksOf } from '../../../../src/app/asks.ts';
import { holdBack, type Held } from '../../../../src/app/watch/hold.ts';
import type {
  AudioConfig,
  Desired,
  DrawnVariable,
  PortConfig,
  ShareConfig,
  VmConfig,
} from '../../../../src/model/desired.ts';
import type { NetworkConfig } from '../../../../src/model/network.ts';
import { onHostNetwork, vmConfig } from '../../../fixtures/machines.ts';

const DIR = '/home/ann/shop';

const share = (path: string, over: Partial<ShareConfig> = {}): ShareConfig => ({
  ...{ path, target: '/mnt/x', mode: 'rw', driver: 'auto', allowSensitive: false },
  ...over,
});
const port = (bind: string, host = 8080): PortConfig => ({ bind, host, guest: 80, protocol: 'tcp' });

const desiredOf = (vms: readonly VmConfig[], drawn: readonly DrawnVariable[] = []): Desired => ({
  ...{ name: 'shop', dir: DIR, files: [], location: 'user', vms, drawn, borrowed: [], secrets: [] },
});

/** `was` is what dev was last given; nothing was allowed. */
function hold(
  now: Partial<VmConfig>,
  was: Partial<VmConfig> | null,
  drawn: readonly DrawnVariable[] = [],
  allowed: (text: string) => boolean = () => false,
): Held {
  const applied = new Map(was === null ? [] : [['dev', vmConfig(was)]]);
  const isGiven = ({ text }: { text: string }): boolean => allowed(text);
  return holdBack({ desired: desiredOf([vmConfig(now)], drawn), realPaths: new Map(), isGiven, applied });
}

const dev = (held: Held): VmConfig => held.desired.vms[0]!;

describe('what a machine may reach', () => {
  const only = (...hosts: string[]) => ({
    ...{ kind: 'only' as const, presets: [] },
    allow: hosts.map((host) => ({ host, port: null })),
  });
  const network = (egress: NetworkConfig['egress'], over: Partial<NetworkConfig> = {}): NetworkConfig => ({
    ...{ hostLoopback: false, allowHost: [], egress, ...over },
  });

  it('is less at once, and more when that is allowed, each part by itself', () => {
    const was = { network: network(only('a.example.org', 'b.example.org')) };
    const now = { network: network(only('b.example.org', 'c.example.org', 'd.example.org'), { allowHost: [80, 81] }) };
    const held = hold(now, was, [], (text) => /d\.example|port 81/.test(text));
    expect(dev(held).network).toEqual(network(only('b.example.org', 'd.example.org'), { allowHost: [81] }));
    expect(held.asks.map(({ text }) => text)).toEqual([
      'reach port 80 of the loopback of this host',
      'reach c.example.org',
    ]);
  });

  it('is not everything because the file says so, or says nothing any more', () => {
    const was = { network: network(only('a.example.org')) };
    expect(dev(hold({ network: network({ kind: 'open' }) }, was)).network).toEqual(was.network);
    expect(dev(hold({ cpus: 4 }, was))).toEqual(vmConfig({ cpus: 4, ...was }));
    expect(dev(hold({ cpus: 4 }, was, [], () => true))).toEqual(vmConfig({ cpus: 4 }));
    expect(dev(hold({ network: network(only(), { hostLoopback: true }) }, {})).network).toEqual(network(only()));
  });

  it('is not the network of the host, unless that is allowed', () => {
    const host = (allowed: boolean): Held => {
      const desired = desiredOf([onHostNetwork(vmConfig({ cpus: 4 }))]);
      const applied = new Map([['dev', vmConfig()]]);
      return holdBack({ desired, realPaths: new Map(), isGiven: () => allowed, applied });
    };
    expect(dev(host(false))).toEqual(vmConfig({ cpus: 4 }));
    expect(dev(host(true))).toEqual(onHostNetwork(vmConfig({ cpus: 4 })));
  });

  it('is on the networks that the file says, also while more is held back', () => {
    const was = { network: network(only(), { networks: ['back'] }) };
    const now = { network: network(only('a.example.org'), { networks: ['front'] }) };
    expect(dev(hold(now, was)).network).toEqual(network(only(), { networks: ['front'] }));
    expect(dev(hold({ network: network(only('a.example.org')) }, was)).network).toEqual(network(only()));
  });
});

describe('what was not allowed gives way to what was', () => {
  it('an image from a flake, and nothing else with it', () => {
    const flake = { kind: 'remote', ref: 'github:o/r', output: null } as const;
    const image: VmConfig['image'] = {
      ...{
        provider: 'nixos',
        packages: [],
        agents: [],
        flake,
        modules: [],
        store: 'image',
        user: 'dev',
        audio: false,
        desktop: false,
      },
    };
    const own = share(`${DIR}/work`);
    const held = hold({ image, shares: [own], cpus: 4 }, { cpus: 2 });
    expect(dev(held)).toEqual(vmConfig({ shares: [own], cpus: 4 }));
    expect(held.asks.map(({ text }) => text)).toEqual(['be made from the flake github:o/r']);
    expect(hold({ image }, null).left).toEqual(['dev']);
  });

  it('a share that is put where another was', () => {
    const own = share(`${DIR}/work`);
    const held = hold({ shares: [share('/etc', { allowSensitive: true })] }, { shares: [own] });
    expect(dev(held).shares).toEqual([own]);
    expect(held.asks.map(({ text }) => text)).toEqual(['read and write /etc (allow_sensitive)']);
  });

  it('a share outside the project that becomes writable stays readable, when that was allowed', () => {
    const readable = share('/data', { mode: 'ro' });
    const now = { shares: [share('/data', { mode: 'rw' })] };
    expect(dev(hold(now, { shares: [readable] }, [], (text) => text === 'read /data')).shares).toEqual([readable]);
    expect(dev(hold(now, { shares: [readable] })).shares).toEqual([]);
  });

  it('a port that is opened to the network', () => {
    expect(dev(hold({ ports: [port('0.0.0.0')] }, { ports: [port('127.0.0.1')] })).ports).toEqual([port('127.0.0.1')]);
    expect(dev(hold({ ports: [port('0.0.0.0'), port('127.0.0.1', 9000)] }, {})).ports).toEqual([
      port('127.0.0.1', 9000),
    ]);
  });

  it('a sound card, and the login of an agent', () => {
    const pa: AudioConfig = { driver: 'pa', path: null };
    const held = hold({ audio: pa, agents: [{ name: 'claude', shareAuth: true }] }, {});
    expect(dev(held)).toMatchObject({ audio: false, agents: [{ name: 'claude', shareAuth: false }] });
  });

  it('a variable that draws on the environment of the host', () => {
    const drawn = [{ variable: 'TOKEN', vm: 'dev', field: 'vms.dev.env.KEY' }];
    const held = hold({ env: { KEY: 'secret', EDITOR: 'vim' } }, { env: { KEY: 'old' } }, drawn);
    expect(dev(held).env).toEqual({ EDITOR: 'vim', KEY: 'old' });
    expect(dev(hold({ env: { KEY: 'secret' } }, {}, drawn)).env).toEqual({});
    expect(held.desired.drawn).toEqual([]);
  });

  it('the same where it comes from the machine that this one extends', () => {
    const drawn = [{ variable: 'TOKEN', vm: 'dev', field: 'vms.base.env.KEY' }];
    expect(dev(hold({ env: { KEY: 'secret' } }, { env: { KEY: 'old' } }, drawn)).env).toEqual({ KEY: 'old' });
    const others = [{ variable: 'TOKEN', vm: 'other', field: 'vms.base.env.KEY' }];
    expect(dev(hold({ env: { KEY: 'own' } }, { env: { KEY: 'old' } }, others)).env).toEqual({ KEY: 'own' });
  });

  it('everything of a machine, when a variable has reached something else', () => {
    const drawn = [{ variable: 'TOKEN', vm: 'dev', field: 'vms.dev.provision[0]' }];
    const held = hold({ cpus: 4, provision: ['curl example.org/secret'] }, { cpus: 2 }, drawn);
    expect(dev(held)).toEqual(vmConfig({ cpus: 2 }));
  });

  it('everything of a machine that is made from a file outside of the project', () => {
    const borrowed = [{ vm: 'dev', as: 'extends', path: '/home/ann/x.yaml', digest: 'd' } as const];
    const now = { ...desiredOf([vmConfig({ cpus: 4 }), vmConfig({ name: 'other', cpus: 4 })]), borrowed };
    const holding = (given: boolean, was: VmConfig | null): Held =>
      holdBack({
        ...{ desired: now, realPaths: new Map(), isGiven: () => given },
        applied: new Map(was ? [['dev', was]] : []),
      });
    const held = holding(false, vmConfig({ cpus: 2 }));
    expect(held.desired.vms.map(({ name, cpus }) => [name, cpus])).toEqual([
      ['dev', 2],
      ['other', 4],
    ]);
    expect(held.desired.borrowed).toEqual([]);
    expect(holding(false, null)).toMatchObject({ left: ['dev'], desired: { vms: [{ name: 'other' }] } });
    expect(holding(true, vmConfig({ cpus: 2 })).desired).toEqual(now);
  });

  it('of every machine, when a default draws on the host', () => {
    const drawn = [{ variable: 'TOKEN', vm: '*', field: 'defaults.env.KEY' }];
    expect(dev(hold({ env: { KEY: 'secret' }, cpus: 4 }, { cpus: 2 }, drawn))).toEqual(vmConfig({ cpus: 4 }));
  });
});

describe('the rest applies', () => {
  it('less is less, whatever else the file asks', () => {
    const was = {
      shares: [share(`${DIR}/work`), share(`${DIR}/docs`, { target: '/docs' })],
      ports: [port('127.0.0.1')],
    };
    const held = hold({ cpus: 1, shares: [share('/etc', { target: '/etc-of-the-host' })] }, was);
    expect(dev(held)).toMatchObject({ cpus: 1, shares: [], ports: [] });
  });

  it('a new machine is left alone when it asks, and others are not', () => {
    const asking = vmConfig({ name: 'spy', shares: [share('/etc')] });
    const input = {
      desired: desiredOf([vmConfig(), asking]),
      realPaths: new Map<string, string>(),
      isGiven: () => false,
    };
    const held = holdBack({ ...input, applied: new Map() });
    expect(held.left).toEqual(['spy']);
    expect(held.desired.vms).toEqual([vmConfig()]);
  });

  it('a symbolic link is where it leads', () => {
    const link = share(`${DIR}/link`);
    const input = { desired: desiredOf([vmConfig({ shares: [link] })]), isGiven: () => false };
    const held = holdBack({
      ...input,
      realPaths: new Map([[link.path, '/etc']]),
      applied: new Map([['dev', vmConfig()]]),
    });
    expect(dev(held).shares).toEqual([]);
  });

  it('a file that asks for nothing is as it is', () => {
    const desired = desiredOf([vmConfig({ ports: [port('127.0.0.1')] })]);
    expect(holdBack({ desired, realPaths: new Map(), isGiven: () => false, applied: new Map() }).desired).toBe(desired);
  });
});

const shares = fc.uniqueArray(
  fc.record({
    path: fc.constantFrom(`${DIR}/work`, '/etc', '/data', `${DIR}/link`),
    target: fc.constantFrom('/a', '/b', '/c'),
    mode: fc.constantFrom('ro' as const, 'rw' as const),
    driver: fc.constant('auto' as const),
    allowSensitive: fc.boolean(),
  }),
  { selector: ({ target }) => target, maxLength: 3 },
);
const machine = (name: string): fc.Arbitrary<VmConfig> =>
  fc
    .record({
      shares,
      ports: fc.uniqueArray(
        fc.record({
          bind: fc.constantFrom('127.0.0.1', '0.0.0.0'),
          host: fc.constantFrom(80, 81),
          guest: fc.constant(80),
          protocol: fc.constant('tcp' as const),
        }),
        { selector: ({ host }) => host },
      ),
      audio: fc.constantFrom<AudioConfig | false>(
        false,
        { driver: 'pa', path: null },
        { driver: 'wav', path: '/x.wav' },
      ),
      agents: fc.constantFrom([], [{ name: 'claude' as const, shareAuth: true }]),
      env: fc.constantFrom({}, { KEY: 'one' }, { KEY: 'two' }),
    })
    .map((over) => vmConfig({ name, ...over }));
const fields = ['vms.a.env.KEY', 'vms.b.env.KEY', 'defaults.env.KEY', 'vms.a.labels.x'];
const drawns = fc.uniqueArray(
  // Through `extends`, a field of one machine is seen by another.
  fc
    .tuple(fc.constantFrom(...fields), fc.constantFrom('a', 'b'))
    .map(([field, vm]) => ({ variable: 'V', vm: field.startsWith('defaults') ? '*' : vm, field })),
  { selector: (d) => `${d.vm} ${d.field}` },
);

describe('whatever the file says and was allowed', () => {
  it('what is left asks for nothing that was not allowed, and no secret of the host gets through', () => {
    const consents = fc.func(fc.boolean());
    fc.assert(
      fc.property(
        machine('a'),
        machine('b'),
        fc.option(machine('a')),
        fc.option(machine('b')),
        drawns,
        consents,
        (a, b, wasA, wasB, drawn, consent) => {
          const realPaths = new Map([[`${DIR}/link`, '/etc']]);
          const isGiven = ({ digest }: { digest: string }): boolean => consent(digest);
          const applied = new Map([wasA, wasB].flatMap((vm) => (vm ? [[vm.name, vm] as const] : [])));
          const { desired, left } = holdBack({ desired: desiredOf([a, b], drawn), realPaths, isGiven, applied });
          expect(asksOf(desired, realPaths).filter((ask) => !isGiven(ask))).toEqual([]);
          expect([...desired.vms.map(({ name }) => name), ...left].sort()).toEqual(['a', 'b']);
          const refused = drawn.filter((one) => !desired.drawn.includes(one));
          for (const vm of desired.vms) {
            const secret = refused.some((one) => one.field.endsWith('.env.KEY') && ['*', vm.name].includes(one.vm));
            if (secret) expect(vm.env['KEY']).toBe(applied.get(vm.name)?.env['KEY']);
          }
        },
      ),
    );
  });
});

describe('secrets', () => {
  const api = { host: 'api.example.org', port: 443 };
  const evil = { host: 'evil.example.org', port: 443 };
  const key = { name: 'KEY', from: 'KEY', hosts: [api] };
  const allowed = (text: string): boolean => text.endsWith('KEY in requests to api.example.org');

  it('go to no host that they were not allowed for, and none is kept that the file has not', () => {
    expect(dev(hold({ secrets: [{ ...key, hosts: [api, evil] }] }, { secrets: [key] }, [], allowed)).secrets).toEqual([
      key,
    ]);
    expect(
      dev(hold({ secrets: [{ ...key, hosts: [evil] }] }, { secrets: [key] }, [], allowed)).secrets,
    ).toBeUndefined();
    const other = { ...key, from: 'OTHER' };
    expect(dev(hold({ secrets: [other] }, { secrets: [key] }, [], allowed)).secrets).toEqual([key]);
    expect(dev(hold({}, { secrets: [key] }, [], allowed)).secrets).toBeUndefined();
  });
});
