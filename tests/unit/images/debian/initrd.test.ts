import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { INIT } from '../../../../src/images/debian/init.ts';

describe('INIT', () => {
  it('is a shell script without errors of syntax', () => {
    expect(() => execFileSync('busybox', ['sh', '-n'], { input: INIT, stdio: 'pipe' })).not.toThrow();
  });

  it('waits for devices without an end that nobody reports, and never opens a shell', () => {
    expect(INIT).toContain('poweroff -f');
    expect(INIT).not.toMatch(/exec sh\b/);
  });
});
