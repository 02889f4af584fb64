/**
 * The kernel that a Debian package brings, unpacked once on the host: a guest that starts the bare ELF through its PVH entry
 * has nothing to decompress or relocate at every boot. Source: the kernel's Documentation/arch/x86/boot.rst.
 */
import { execa } from 'execa';

const MAGIC = { zstd: '28b52ffd', xz: 'fd377a58', gzip: '1f8b' } as const;

/** The compressed kernel in a bzImage. @throws Error when it is not one that we know */
export function payloadOf(image: Buffer): { program: keyof typeof MAGIC; data: Buffer } {
  if (image.length < 0x250 || image.toString('latin1', 0x202, 0x206) !== 'HdrS') throw new Error('not a bzImage');
  const setupSectors = image[0x1f1] || 4;
  const begin = (setupSectors + 1) * 512 + image.readUInt32LE(0x248);
  // The last four bytes are the unpacked length, put there for formats that do not tell it.
  const data = image.subarray(begin, begin + image.readUInt32LE(0x24c) - 4);
  const magic = data.toString('hex', 0, 4);
  for (const program of Object.keys(MAGIC) as (keyof typeof MAGIC)[]) {
    if (magic.startsWith(MAGIC[program])) return { program, data };
  }
  throw new Error(`compressed in an unknown way (${magic})`);
}

/** Unpacks a bzImage to an ELF file at `target`. */
export async function unpackKernel(image: Buffer, target: string, signal?: AbortSignal): Promise<void> {
  const { program, data } = payloadOf(image);
  await execa(program, ['-d', '-c'], {
    input: data,
    stdout: { file: target },
    ...(signal ? { cancelSignal: signal } : {}),
  });
}
