/** The initrd: busybox, a handful of modules and a script, written by ourselves. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from '../../host/accounts.ts';
import { AiVmError } from '../../model/errors.ts';
import { CHARACTER, cpio, DIRECTORY, REGULAR, SYMLINK, type CpioEntry } from '../cpio.ts';
import { INIT } from './init.ts';
import { BOOT_MODULES, loadOrder, OVERLAY_MODULES } from './modules.ts';

const APPLETS = [
  'cat',
  'insmod',
  'ip',
  'ln',
  'mkdir',
  'mknod',
  'mount',
  'poweroff',
  'rm',
  'sh',
  'sleep',
  'switch_root',
  'sync',
  'usleep',
];

/** Program headers of an ELF file that ask for a dynamic loader. */
function isStatic(program: Buffer): boolean {
  const PT_INTERP = 3;
  const [offset, size, count] = [
    Number(program.readBigUInt64LE(32)),
    program.readUInt16LE(54),
    program.readUInt16LE(56),
  ];
  return !Array.from({ length: count }, (_, i) => program.readUInt32LE(offset + i * size)).includes(PT_INTERP);
}

async function readBusybox(): Promise<Buffer> {
  const path = await findProgram('busybox');
  const program = path === null ? null : await readFile(path);
  if (program !== null && isStatic(program)) return program;
  throw new AiVmError('host.missing', 'a statically linked busybox is missing', {
    why: path === null ? 'There is no busybox on PATH.' : `${path} needs a dynamic loader.`,
    fix: "sudo apt-get install busybox-static (or your system's package of it)",
  });
}

/**
 * @param modulesDir /usr/lib/modules/VERSION of the guest's tree, with unpacked modules and modules.dep
 * @returns the archive, not compressed: unpacking would cost the guest more than QEMU's copying
 */
export async function makeInitrd(modulesDir: string): Promise<Buffer> {
  const dependencies = await readFile(join(modulesDir, 'modules.dep'), 'utf8');
  const boot = loadOrder(dependencies, BOOT_MODULES);
  const overlay = loadOrder(dependencies, OVERLAY_MODULES).filter((file) => !boot.includes(file));
  const flat = (file: string): string => file.slice(file.lastIndexOf('/') + 1);
  const text = (path: string, content: string, mode = 0o644): CpioEntry => ({
    path,
    mode: REGULAR | mode,
    content: Buffer.from(content),
  });
  const modules = await Promise.all(
    [...boot, ...overlay].map(async (file): Promise<CpioEntry> => {
      const content = await readFile(join(modulesDir, file));
      return { path: `modules/${flat(file)}`, mode: REGULAR | 0o644, content };
    }),
  );
  return cpio([
    ...['bin', 'dev', 'modules', 'proc', 'root', 'sys'].map((path) => ({ path, mode: DIRECTORY | 0o755 })),
    { path: 'dev/console', mode: CHARACTER | 0o600, device: [5, 1] },
    { path: 'dev/null', mode: CHARACTER | 0o666, device: [1, 3] },
    { path: 'bin/busybox', mode: REGULAR | 0o755, content: await readBusybox() },
    ...APPLETS.map((name) => ({ path: `bin/${name}`, mode: SYMLINK | 0o777, content: Buffer.from('busybox') })),
    text('init', INIT, 0o755),
    text('modules/boot', `${boot.map(flat).join('\n')}\n`),
    text('modules/overlay', `${overlay.map(flat).join('\n')}\n`),
    ...modules,
  ]);
}
