/** What a qcow2 file says of itself, read from its header: no process, no lock, also while QEMU has it open. */
import { open } from 'node:fs/promises';

const MAGIC = 0x514649fb;

/** Virtual size in bytes from the first 32 bytes of a qcow2 file; null when it is none. Source: docs/interop/qcow2.txt. */
export function parseVirtualSize(header: Buffer): number | null {
  if (header.length < 32 || header.readUInt32BE(0) !== MAGIC) return null;
  const size = header.readBigUInt64BE(24);
  return size <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(size) : null;
}

/** @returns bytes, or null when there is no such file or it is no qcow2 */
export async function virtualSize(path: string): Promise<number | null> {
  try {
    const file = await open(path, 'r');
    try {
      const header = Buffer.alloc(32);
      const { bytesRead } = await file.read(header, 0, 32, 0);
      return parseVirtualSize(header.subarray(0, bytesRead));
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
