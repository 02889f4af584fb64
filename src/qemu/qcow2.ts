/** What a qcow2 file says of itself, read from its header: no process, no lock, also while QEMU has it open. */
import { open } from 'node:fs/promises';

const MAGIC = 0x514649fb;
/** QEMU's own limit for the name of a backing file. */
const LONGEST_NAME = 1023;
/** Bit of the incompatible features of version 3: the clusters are in another file, which the header names. */
const DATA_FILE = 1n << 2n;

export interface Qcow2 {
  /** Bytes. */
  readonly virtualSize: number;
  /** As it stands in the header; null when the file has no backing file. */
  readonly backingFile: string | null;
  /** What the guest writes goes to another file. */
  readonly externalData: boolean;
}

/**
 * @param head the beginning of the file: 2 KiB hold the header and the name behind it in all files that qemu-img makes
 * @returns null when it is no qcow2. Source: docs/interop/qcow2.txt.
 */
export function parseQcow2(head: Buffer): Qcow2 | null {
  if (head.length < 32 || head.readUInt32BE(0) !== MAGIC) return null;
  const size = head.readBigUInt64BE(24);
  const offset = head.readBigUInt64BE(8);
  const length = head.readUInt32BE(16);
  if (size > BigInt(Number.MAX_SAFE_INTEGER) || length > LONGEST_NAME) return null;
  const features = head.readUInt32BE(4) >= 3 && head.length >= 80 ? head.readBigUInt64BE(72) : 0n;
  const seen = { virtualSize: Number(size), externalData: (features & DATA_FILE) !== 0n };
  if (offset === 0n) return { ...seen, backingFile: null };
  const end = offset + BigInt(length);
  if (end > BigInt(head.length)) return null;
  return { ...seen, backingFile: head.toString('utf8', Number(offset), Number(end)) };
}

/** @returns null when there is no such file, or it is no qcow2 */
export async function readQcow2(path: string): Promise<Qcow2 | null> {
  try {
    const file = await open(path, 'r');
    try {
      const head = Buffer.alloc(2048);
      const { bytesRead } = await file.read(head, 0, head.length, 0);
      return parseQcow2(head.subarray(0, bytesRead));
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
