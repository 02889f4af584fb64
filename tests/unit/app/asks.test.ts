import { describe, expect, it } from '@jest/globals';
import { asksOf } from '../../../src/app/asks.ts';
import type { Desired, ShareConfig, VmConfig } from '../../../src/model/desired.ts';
import { vmConfig } from '../../fixtures/machines.ts';

const desired = (vm: Partial<VmConfig>, over: Partial<Desired> = {}): Desired => ({
  name: 'p',
  dir: '/home/ann/p',
  files: ['/home/ann/p/ai-vm.yaml'],
  location: 'user',
  vms: [vmConfig(vm)],
  drawn: [],
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
    const drawn = [{ variable: 'AWS_SECRET_ACCESS_KEY', field: 'vms.dev.env.KEY' }];
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

  it('asks for a wav file only when the file names one', () => {
    expect(texts(desired({ audio: { driver: 'wav', path: null } }))).toEqual([]);
    expect(texts(desired({ audio: { driver: 'wav', path: '/tmp/x.wav' } }))).toEqual([
      'write sound to the file /tmp/x.wav',
    ]);
  });
});
