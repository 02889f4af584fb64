import { describe, expect, it } from '@jest/globals';
import { credentials, FW_CFG_PREFIX } from '../../../src/guest/credentials.ts';

const machineId = '0123456789abcdef0123456789abcdef';

describe('credentials', () => {
  const made = credentials(
    {
      mounts: [
        { tag: 'rw1-a', target: '/mnt/host-rw/a', type: 'virtiofs', options: ['rw'] },
        { tag: 'ro2-b', target: '/mnt/with space\\and\ttab', type: '9p', options: ['ro', 'trans=virtio'] },
      ],
      users: [{ name: 'dev', uid: 1000, groups: ['sudo', 'audio'], sudo: true, authorizedKeys: ['ssh-ed25519 AAAA'] }],
      files: [{ path: '/etc/a "b" %c', mode: '0600', owner: 'root', group: 'root', content: 'x\n$(y)\n' }],
    },
    machineId,
  );

  it('escape mount points for fstab, and never make a boot wait for a mount that fails', () => {
    expect(made.get('fstab.extra')).toBe(
      'rw1-a /mnt/host-rw/a virtiofs rw,nofail 0 0\nro2-b /mnt/with\\040space\\134and\\011tab 9p ro,trans=virtio,nofail 0 0\n',
    );
  });

  it('write files as base64, so that their content cannot be read as a directive', () => {
    expect(made.get('tmpfiles.extra')).toContain('f+~ "/etc/a \\"b\\" %%c" 0600 root root - eAokKHkpCg==\n');
  });

  it('write a file behind a copy of another one', () => {
    const file = { path: '/run/all', mode: '0644', owner: 'root', group: 'root', content: 'x', after: '/etc/some' };
    expect(credentials({ mounts: [], users: [], files: [file] }, machineId).get('tmpfiles.extra')).toBe(
      'C "/run/all" 0644 root root - /etc/some\nw+~ "/run/all" - - - - Cng=\n',
    );
  });

  it('make users with fixed numbers', () => {
    expect(made.get('sysusers.extra')).toBe('u dev 1000 "dev" /home/dev /bin/bash\nm dev sudo\nm dev audio\n');
  });

  it('fit into what fw_cfg allows', () => {
    expect(made.size).toBeLessThan(16);
    for (const name of made.keys()) expect((FW_CFG_PREFIX + name).length).toBeLessThanOrEqual(55);
  });
});
