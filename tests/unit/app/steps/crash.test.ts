import { describe, expect, it } from '@jest/globals';
import { isSilentEnd, mayCrash } from '../../../../src/app/steps/crash.ts';
import type { Capabilities } from '../../../../src/model/capabilities.ts';
import { AiVmError } from '../../../../src/model/errors.ts';

const host = (
  accelerator: 'kvm' | 'tcg',
  major: number,
  minor: number,
): Pick<Capabilities, 'accelerator' | 'qemu'> => ({
  accelerator: { accelerator, reason: null },
  qemu: { binary: 'qemu', version: `${major}.${minor}.0`, major, minor, audioDrivers: [], displays: [] },
});

describe('mayCrash', () => {
  it('is so of a QEMU before 8.2 that emulates', () => {
    expect(mayCrash(host('tcg', 7, 2))).toBe(true);
    expect(mayCrash(host('tcg', 8, 1))).toBe(true);
    expect(mayCrash(host('tcg', 8, 2))).toBe(false);
    expect(mayCrash(host('tcg', 10, 0))).toBe(false);
    expect(mayCrash(host('kvm', 7, 2))).toBe(false);
  });
});

describe('isSilentEnd', () => {
  const closed = new AiVmError('qmp.closed', 'the connection is over');
  const wrapped = (cause: unknown): AiVmError => new AiVmError('qemu.died', 'it ended', { cause });

  it('is a monitor that hangs up, however deep it is told', () => {
    expect(isSilentEnd(closed)).toBe(true);
    expect(isSilentEnd(wrapped(wrapped(closed)))).toBe(true);
  });

  it('is none when QEMU said why before, nor when the guest never came up', () => {
    expect(isSilentEnd(wrapped(new AiVmError('qemu.died', 'it ended', { why: 'QEMU was told to quit.' })))).toBe(false);
    expect(isSilentEnd(new AiVmError('guest.never-ready', 'too late'))).toBe(false);
    expect(isSilentEnd('closed')).toBe(false);
  });
});
