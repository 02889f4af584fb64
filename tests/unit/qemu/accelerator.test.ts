import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { proveAccelerator } from '../../../src/qemu/accelerator.ts';
import type { AcceleratorVerdict } from '../../../src/model/capabilities.ts';

let dir: string;
let device: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ai-vm-accelerator-'));
  device = join(dir, 'kvm');
  await writeFile(device, '');
});

afterAll(() => rm(dir, { recursive: true }));

/** The verdict with a stand-in for QEMU: a shell script. */
async function verdict(script: string): Promise<AcceleratorVerdict> {
  const qemu = join(dir, 'qemu');
  await writeFile(qemu, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return proveAccelerator({ qemu, env: {}, device });
}

describe('the verdict', () => {
  it('is KVM when the probe guest answers under it', async () => {
    const script = 'case "$*" in *"-accel kvm"*isa-debug-exit*) exit 85 ;; esac; exit 1';
    expect(await verdict(script)).toEqual({ accelerator: 'kvm', reason: null });
  });

  it('is TCG with the words of QEMU when it fails', async () => {
    const said = "echo 'qemu-system-x86_64: warning: something' >&2; echo 'qemu-system-x86_64: failed to set MSR' >&2";
    expect(await verdict(`${said}; kill -ABRT $$`)).toEqual({
      accelerator: 'tcg',
      reason: 'KVM is there, but QEMU fails with it (SIGABRT: failed to set MSR)',
    });
    expect(await verdict('exit 3')).toEqual({
      accelerator: 'tcg',
      reason: 'KVM is there, but QEMU fails with it (exit code 3)',
    });
  });

  it('is TCG when the machine user may not use KVM', async () => {
    const said = "echo 'Could not access KVM kernel module: Permission denied' >&2; exit 1";
    expect((await verdict(said)).reason).toContain('may not be used by the user');
  });

  it('is TCG when the guest never answers, and QEMU is killed', async () => {
    const pid = join(dir, 'pid');
    const { accelerator, reason } = await verdict(`echo $$ > '${pid}'; trap '' TERM; exec sleep 600`);
    expect({ accelerator, reason }).toEqual({
      accelerator: 'tcg',
      reason: 'KVM is there, but a guest does not run under it',
    });
    const sleeper = Number(await readFile(pid, 'utf8'));
    expect(() => process.kill(sleeper, 0)).toThrow('ESRCH');
  });

  it('is TCG where there is no device, without a process', async () => {
    const missing = join(dir, 'none');
    expect(await proveAccelerator({ qemu: '/nonexistent', env: {}, device: missing })).toEqual({
      accelerator: 'tcg',
      reason: `there is no ${missing}`,
    });
  });

  it('leaves no file behind', async () => {
    const place = join(dir, 'place');
    await verdict(`pwd > '${place}'; ls > '${place}.files'; exit 1`);
    expect(await readFile(`${place}.files`, 'utf8')).toBe('probe.bin\n');
    await expect(stat((await readFile(place, 'utf8')).trim())).rejects.toThrow('ENOENT');
  });
});

describe('AI_VM_ACCEL', () => {
  it('overrides the proof', async () => {
    const prove = (wish: string): Promise<AcceleratorVerdict> =>
      proveAccelerator({ qemu: '/nonexistent', env: { AI_VM_ACCEL: wish }, device });
    expect(await prove('kvm')).toEqual({ accelerator: 'kvm', reason: null });
    expect(await prove('tcg')).toEqual({ accelerator: 'tcg', reason: 'AI_VM_ACCEL=tcg' });
    await expect(prove('hvf')).rejects.toMatchObject({ code: 'usage' });
  });
});
