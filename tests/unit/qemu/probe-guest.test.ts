import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { probeFirmware } from '../../../src/qemu/probe-guest.ts';

const SOURCE = join(import.meta.dirname, '../../../scripts/probe-guest.S');

async function hasBinutils(): Promise<boolean> {
  const found = await Promise.all(['as', 'ld'].map((tool) => execa(tool, ['--version'], { reject: false })));
  return found.every((result) => result.exitCode === 0);
}

describe('the firmware of the probe guest', () => {
  it('is 64 KiB, and the processor starts with a jump at 16 bytes before its end', () => {
    const firmware = probeFirmware();
    expect(firmware).toHaveLength(64 * 1024);
    expect(firmware[0xfff0]).toBe(0xe9);
    expect(firmware.subarray(0, 0xff00).every((byte) => byte === 0)).toBe(true);
  });

  it('is what its source assembles to', async () => {
    const source = await readFile(SOURCE, 'utf8');
    // Without binutils only the source's own promise can be held against the bytes: that the code ends the image.
    if (!(await hasBinutils())) {
      expect(source).toContain('.org    0x100');
      return;
    }
    const dir = await mkdtemp(join(tmpdir(), 'ai-vm-probe-'));
    try {
      await execa('as', ['--32', '-o', 'probe.o', SOURCE], { cwd: dir });
      await execa(
        'ld',
        ['-m', 'elf_i386', '-e', 'start16', '-Ttext=0xfff00', '--oformat', 'binary', '-o', 'probe.bin', 'probe.o'],
        { cwd: dir },
      );
      const code = await readFile(join(dir, 'probe.bin'));
      expect(probeFirmware().subarray(-256).toString('hex')).toBe(code.toString('hex'));
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});
