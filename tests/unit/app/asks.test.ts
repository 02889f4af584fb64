import { describe, expect, it } from '@jest/globals';
import { asksOf } from '../../../src/app/asks.ts';
import type { Desired, ShareConfig, VmConfig } from '../../../src/model/desired.ts';
import { NIXOS, onHostNetwork, vmConfig } from '../../fixtures/machines.ts';

const desired = (vm: Partial<VmConfig>, over: Partial<Desired> = {}): Desired => ({
  name: 'p',
  dir: '/home/ann/p',
  files: ['/home/ann/p/ai-vm.yaml'],
  location: 'user',
  vms: [vmConfig(vm)],
  drawn: [],
  borrowed: [],
  secrets: [],
  ...over,
});

const share = (path: string, over: Partial<ShareConfig> = {}): ShareConfig => ({
  path,
  target: '/mnt/x',
  mode: 'rw',
  driver: 'auto',
  allowSensitive: false,
  ...over,
});

const texts = (d: Desired, real = new Map<string, string>()): string[] => asksOf(d, real).map((ask) => ask.text);

describe('asksOf an image', () => {
  it('asks nothing for ai-vm’s own guest with modules of the project', () => {
    expect(texts(desired({ image: { ...NIXOS, modules: ['/home/ann/p/nix/my.nix'] } }))).toEqual([]);
  });

  it('asks for flakes and modules from elsewhere', () => {
    const flake = { kind: 'remote', ref: 'github:o/r', output: 'vm' } as const;
    const image = { ...NIXOS, flake, modules: ['/home/ann/p/my.nix', '/home/ann/other/my.nix', '/home/ann/p-2/x.nix'] };
    expect(texts(desired({ image }))).toEqual([
      'be made from the flake github:o/r#vm',
      'be made with the NixOS module /home/ann/other/my.nix',
      'be made with the NixOS module /home/ann/p-2/x.nix',
    ]);
    const local = (ref: string) => texts(desired({ image: { ...NIXOS, flake: { kind: 'local', ref, output: null } } }));
    expect([local('/home/ann/p'), local('/home/ann/p/nix')]).toEqual([[], []]);
    expect(local('/home/ann/q')).toEqual(['be made from the flake /home/ann/q']);
  });

  it('takes another output, or another revision, for another question', () => {
    const digest = (ref: string, output: string | null): string =>
      asksOf(desired({ image: { ...NIXOS, flake: { kind: 'remote', ref, output } } }), new Map())[0]!.digest;
    const all = [digest('github:o/r', null), digest('github:o/r', 'vm'), digest('github:o/r/main', null)];
    expect(new Set(all).size).toBe(3);
  });
});

describe('asksOf a network', () => {
  const only = (...hosts: string[]) => ({
    ...{ kind: 'only' as const, presets: [] },
    allow: hosts.map((host) => ({ host, port: null })),
  });
  const closed = { hostLoopback: false, allowHost: [], egress: only('a.example.org') };
  const asked = (now: Partial<VmConfig>, was?: Partial<VmConfig>): string[] =>
    asksOf(desired(now), new Map(), new Map(was ? [['dev', vmConfig(was)]] : [])).map((ask) => ask.text);

  it('asks nothing for what closes', () => {
    expect(asked({ network: closed })).toEqual([]);
    expect(asked({ network: closed }, {})).toEqual([]);
    expect(asked({}, {})).toEqual([]);
    expect(asked({ network: { ...closed, egress: only() } }, { network: closed })).toEqual([]);
    expect(asked({ network: closed }, { network: { ...closed, egress: { kind: 'open' } } })).toEqual([]);
  });

  it('asks for services of the host always', () => {
    const text = 'reach port 5432 of the loopback of this host';
    const network = { ...closed, allowHost: [5432] };
    expect([asked({ network }), asked({ network }, { network })]).toEqual([[text], [text]]);
    expect(asked({ network: { ...network, hostLoopback: true } })).toEqual([
      'reach all that listens on the loopback of this host',
    ]);
  });

  it('asks for what leaves, where more does than up to now', () => {
    const more = { ...only('a.example.org', 'b.example.org'), presets: ['npm' as const] };
    expect(asked({ network: { ...closed, egress: more } }, { network: closed })).toEqual([
      'reach b.example.org',
      'reach what npm needs: registry.npmjs.org',
    ]);
    expect(asked({ network: { ...closed, egress: { kind: 'open' } } }, { network: closed })).toEqual([
      'reach every public address, and not only a.example.org',
    ]);
  });

  it('asks for the network of the host always', () => {
    const bare = { ...desired({}), vms: [onHostNetwork(vmConfig())] };
    const text = 'be without its gateway, and reach every network of this host and its loopback';
    for (const was of [vmConfig(), bare.vms[0]!])
      expect(asksOf(bare, new Map(), new Map([['dev', was]])).map((ask) => ask.text)).toEqual([text]);
  });
});

describe('asksOf', () => {
  it('asks nothing for the project’s own directory, what is in it, and loopback ports', () => {
    const vm = {
      shares: [share('/home/ann/p'), share('/home/ann/p/src')],
      ports: [
        { bind: '127.0.0.1', host: 80, guest: 80, protocol: 'tcp' as const },
        { bind: '127.8.8.8', host: 80, guest: 80, protocol: 'tcp' as const },
        { bind: '::1', host: 80, guest: 80, protocol: 'tcp' as const },
      ],
    };
    expect(texts(desired(vm))).toEqual([]);
  });

  it('is not taken in by a directory whose name begins like the project’s', () => {
    expect(texts(desired({ shares: [share('/home/ann/p-secret', { mode: 'ro' })] }))).toEqual([
      'read /home/ann/p-secret',
    ]);
  });

  it('judges a symlink by where it leads', () => {
    const real = new Map([['/home/ann/p/link', '/etc']]);
    expect(texts(desired({ shares: [share('/home/ann/p/link')] }), real)).toEqual(['read and write /etc']);
  });

  it('names everything that leaves the box', () => {
    const vm: Partial<VmConfig> = {
      shares: [share('/etc', { mode: 'ro', allowSensitive: true })],
      ports: [{ bind: '0.0.0.0', host: 8080, guest: 80, protocol: 'tcp' }],
      audio: { driver: 'pa', path: null },
      agents: [{ name: 'claude', shareAuth: true }],
    };
    const drawn = [{ variable: 'AWS_SECRET_ACCESS_KEY', vm: 'dev', field: 'vms.dev.env.KEY' }];
    expect(texts(desired(vm, { drawn }))).toEqual([
      'read /etc (allow_sensitive)',
      'be reached from other computers at 0.0.0.0:8080/tcp',
      'use the microphone and the speakers through pa',
      'use your claude credentials',
      'see the host variable AWS_SECRET_ACCESS_KEY, in vms.dev.env.KEY',
    ]);
  });

  it('asks anew when read-only becomes writable, or a port leads elsewhere', () => {
    const digest = (vm: Partial<VmConfig>): string => asksOf(desired(vm), new Map())[0]!.digest;
    expect(digest({ shares: [share('/srv', { mode: 'ro' })] })).not.toBe(digest({ shares: [share('/srv')] }));
    const port = { bind: '0.0.0.0', host: 8080, protocol: 'tcp' as const };
    expect(digest({ ports: [{ ...port, guest: 80 }] })).not.toBe(digest({ ports: [{ ...port, guest: 22 }] }));
    expect(digest({ shares: [share('/srv')] })).toBe(digest({ shares: [share('/srv')], cpus: 8 }));
  });

  it('asks for each file outside of the project, anew when it has changed, and for each machine and use', () => {
    const file = { vm: 'dev', as: 'include', path: '/home/ann/x.yaml', digest: 'a' } as const;
    const asked = (over: object) => asksOf(desired({}, { borrowed: [{ ...file, ...over }] }), new Map())[0]!;
    expect(asked({}).text).toBe('come from /home/ann/x.yaml, as it is now (include)');
    const others = [{ digest: 'b' }, { vm: '*' }, { as: 'extends' }, { path: '/home/ann/y.yaml' }].map(asked);
    expect(new Set([asked({}), ...others].map(({ digest }) => digest)).size).toBe(5);
  });

  it('asks for a wav file only when the file names one', () => {
    expect(texts(desired({ audio: { driver: 'wav', path: null } }))).toEqual([]);
    expect(texts(desired({ audio: { driver: 'wav', path: '/tmp/x.wav' } }))).toEqual([
      'write sound to the file /tmp/x.wav',
    ]);
  });
});

describe('asksOf secrets', () => {
  const secrets = (from: string, ...hosts: string[]) => [
    { name: 'KEY', from, hosts: hosts.map((host) => ({ host, port: 443 })) },
  ];
  const digests = (...given: Parameters<typeof secrets>): string[] =>
    asksOf(desired({ secrets: secrets(...given) }), new Map()).map(({ digest }) => digest);

  it('asks for each host, and says whose value and where to', () => {
    expect(texts(desired({ secrets: secrets('WORK_KEY', 'a.example.org', 'b.example.org') }))).toEqual([
      'use the value of the host variable WORK_KEY in requests to a.example.org',
      'use the value of the host variable WORK_KEY in requests to b.example.org',
    ]);
  });

  it('asks again for another host or another variable, and not for less', () => {
    const [a, b] = digests('K', 'a.example.org', 'b.example.org');
    expect(digests('K', 'b.example.org')).toEqual([b]);
    expect(digests('L', 'a.example.org')).not.toContain(a);
  });
});
