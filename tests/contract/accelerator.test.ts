/** The probe guest on a real QEMU. */
import { expect, it } from '@jest/globals';
import { proveAccelerator, runProbe } from '../../src/qemu/accelerator.ts';

const qemu = 'qemu-system-x86_64';

it('answers under TCG', async () => {
  expect(await runProbe('tcg', { qemu })).toBeNull();
});

it('gives up on a signal', async () => {
  await expect(runProbe('tcg', { qemu, signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
});

it('decides on KVM the same way every time, with a reason where it cannot be used', async () => {
  const verdict = await proveAccelerator({ qemu, env: {} });
  expect(verdict.reason === null).toBe(verdict.accelerator === 'kvm');
  expect(verdict.reason).not.toBe('');
  expect((await proveAccelerator({ qemu, env: {} })).accelerator).toBe(verdict.accelerator);
});
