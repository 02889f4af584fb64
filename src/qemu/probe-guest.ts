/**
 * The guest that proves an accelerator: 64 KiB of firmware that goes from the reset vector into long mode and answers
 * on the isa-debug-exit port. Its source is scripts/probe-guest.S; the two are compared in a test.
 */

const FIRMWARE_SIZE = 64 * 1024;

/** The last 256 bytes of the firmware; all before them are zeros. */
const CODE = [
  'fab800f08ed8660f0116c0ff0f20c00c010f22c066ea1cff0f00080066b81000',
  '8ed88ec08ed0bc00800000fcbf0010000031c0b9000c0000f3abc70500100000',
  '03200000c7050020000003300000c70500300000830000000f20e00c200f22e0',
  'b8001000000f22d8b9800000c00f320d000100000f300f20c00d000000800f22',
  'c0ea88ff0f00180048b800000000002a0000505b48c1eb2889d8e6f4f4ebfd90',
  '0000000000000000ffff0000009acf00ffff00000092cf00ffff0000009aaf00',
  '1f00a0ff0f000000000000000000000000000000000000000000000000000000',
  '00000000000000000000000000000000e90dff00000000000000000000000000',
].join('');

/** QEMU's exit code when the guest has answered: isa-debug-exit turns the value 0x2a into (0x2a << 1) | 1. */
export const PROBE_EXIT_CODE = 85;

/** The firmware image for `-bios`, 64 KiB. */
export function probeFirmware(): Buffer {
  const code = Buffer.from(CODE, 'hex');
  return Buffer.concat([Buffer.alloc(FIRMWARE_SIZE - code.length), code]);
}
