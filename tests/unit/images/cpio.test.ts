import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { CHARACTER, cpio, DIRECTORY, REGULAR, SYMLINK } from '../../../src/images/cpio.ts';

const archive = cpio([
  { path: 'dev', mode: DIRECTORY | 0o755 },
  { path: 'dev/console', mode: CHARACTER | 0o600, device: [5, 1] },
  { path: 'init', mode: REGULAR | 0o755, content: Buffer.from('#!/bin/sh\n') },
  { path: 'bin/sh', mode: SYMLINK | 0o777, content: Buffer.from('busybox') },
]);

describe('cpio', () => {
  it('is read by cpio(1) with modes, owners, nodes, links and contents', () => {
    const listed = execFileSync('cpio', ['--list', '--verbose', '--numeric-uid-gid'], {
      input: archive,
      stdio: 'pipe',
    });
    const lines = listed
      .toString()
      .trim()
      .split('\n')
      .map((line) => line.replaceAll(/\s+/g, ' '));
    expect(lines).toEqual([
      expect.stringMatching(/^drwxr-xr-x 1 0 0 0 .* dev$/),
      expect.stringMatching(/^crw------- 1 0 0 5, 1 .* dev\/console$/),
      expect.stringMatching(/^-rwxr-xr-x 1 0 0 10 .* init$/),
      expect.stringMatching(/^lrwxrwxrwx 1 0 0 7 .* bin\/sh -> busybox$/),
    ]);
    const content = execFileSync('cpio', ['--extract', '--to-stdout', '--quiet', 'init'], { input: archive });
    expect(content.toString()).toBe('#!/bin/sh\n');
  });

  it('is padded to four bytes and ends with the trailer', () => {
    expect(archive.length % 4).toBe(0);
    expect(archive.subarray(-16).toString('latin1')).toContain('TRAILER!!!');
  });
});
