/** Signatures of kernel modules: the kernel would verify each one with an emulated RSA whenever it loads a module. */
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const MARKER = Buffer.from('~Module signature appended~\n');

/** Where a module ends and its signature begins; its whole length when it has none. */
export function lengthUnsigned(module: Buffer): number {
  if (!module.subarray(-MARKER.length).equals(MARKER)) return module.length;
  // struct module_signature: 12 bytes, the last four being the big-endian length of the signature before it.
  const end = module.length - MARKER.length;
  return end - 12 - module.readUInt32BE(end - 4);
}

/** Cuts the signatures off all modules below a directory. The bundle as a whole is what is verified. */
export async function removeSignatures(dir: string): Promise<void> {
  for (const name of await readdir(dir, { recursive: true })) {
    if (!name.endsWith('.ko')) continue;
    const path = join(dir, name);
    const module = await readFile(path);
    const length = lengthUnsigned(module);
    if (length === module.length) continue;
    const file = await open(path, 'r+');
    try {
      await file.truncate(length);
    } finally {
      await file.close();
    }
  }
}
