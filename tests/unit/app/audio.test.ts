import { mkdtempSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { judgeWav } from '../../../src/app/audio.ts';
import { vmConfig } from '../../fixtures/machines.ts';

describe('judgeWav', () => {
  let dir = '';
  beforeEach(() => {
    dir = realpathSync(mkdtempSync(join(tmpdir(), 'ai-vm-wav-')));
    mkdirSync(join(dir, 'share'));
  });
  afterEach(() => {
    rmSync(dir, { recursive: true });
  });
  const judge = (path: string) => judgeWav(vmConfig({ audio: { driver: 'wav', path } }), [join(dir, 'share')]);

  it('takes a file beside the shares, there or not', async () => {
    await judge(join(dir, 'a.wav'));
    writeFileSync(join(dir, 'a.wav'), '');
    await judge(join(dir, 'a.wav'));
  });

  it('refuses a file in a writable share, also through a symlink', async () => {
    await expect(judge(join(dir, 'share/a.wav'))).rejects.toMatchObject({ code: 'share.refused' });
    symlinkSync(join(dir, 'share'), join(dir, 'other'));
    await expect(judge(join(dir, 'other/a.wav'))).rejects.toMatchObject({ code: 'share.refused' });
  });

  it('refuses a symlink, and a directory that is not there', async () => {
    symlinkSync('/etc/passwd', join(dir, 'a.wav'));
    await expect(judge(join(dir, 'a.wav'))).rejects.toMatchObject({ code: 'share.refused' });
    await expect(judge(join(dir, 'missing/a.wav'))).rejects.toMatchObject({ code: 'share.refused' });
  });
});
