import { describe, expect, it } from '@jest/globals';
import { isWithin, shareRule } from '../../../src/host/share-rules.ts';

const premises = {
  homes: ['/root', '/home/ann', '/srv/people/bob', '/'],
  stateDirs: ['/home/ann/.local/share/ai-vms', '/run/user/1000/ai-vm'],
};
const verdict = (path: string): string => shareRule(path, premises).verdict;

describe('shareRule', () => {
  it.each(['/', '/boot', '/boot/efi', '/sys', '/sys/fs', '/proc', '/proc/1/root', '/dev', '/dev/shm'])(
    'never shares %s',
    (path) => {
      expect(verdict(path)).toBe('never');
    },
  );

  it.each([
    '/home/ann/.local/share/ai-vms',
    '/home/ann/.local/share/ai-vms/projects/x/dev',
    '/home/ann/.local/share',
    '/home/ann',
    '/home',
    '/run/user/1000',
    '/run/user/1000/ai-vm/0a/dev',
    '/run',
  ])('never shares what holds or is held by a state directory: %s', (path) => expect(verdict(path)).toBe('never'));

  it.each([
    '/root',
    '/root/project',
    '/etc',
    '/etc/ssl',
    '/var',
    '/var/lib/postgresql',
    '/var/tmp',
    '/tmp',
    '/usr',
    '/usr/share/doc',
    '/bin',
    '/sbin',
    '/lib',
    '/lib64/x',
    '/libx32',
    '/opt/app',
    '/run/media/ann/stick',
    '/home/carol',
    '/srv/people/bob',
    '/srv/people',
    '/srv',
    '/home/carol/.ssh',
    '/home/carol/.config/gh',
    '/srv/x/.aws/y',
    '/srv/.claude',
    '/home/carol/.docker',
  ])('asks before it shares %s', (path) => expect(verdict(path)).toBe('sensitive'));

  it.each([
    '/home/ann/src/app',
    '/home/carol/x',
    '/work',
    '/srv/people/bob/code',
    '/tmp/x',
    '/var/tmp/x/y',
    '/library',
    '/etcetera',
    '/data/.configuration',
    '/bootstrap',
    '/developer',
  ])('shares %s', (path) => expect(verdict(path)).toBe('fine'));

  it('says why', () => {
    expect(shareRule('/srv/x/.aws', premises)).toEqual({ verdict: 'sensitive', why: '.aws holds credentials.' });
  });
});

describe('isWithin', () => {
  it.each([
    ['/a', '/a', true],
    ['/a/b', '/a', true],
    ['/ab', '/a', false],
    ['/a', '/', true],
    ['/a', '/a/b', false],
  ])('%s in %s: %s', (path, dir, within) => expect(isWithin(path, dir)).toBe(within));
});
