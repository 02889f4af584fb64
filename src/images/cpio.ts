/** Writes the archive format of an initramfs: "newc", as in the kernel's driver-api/early-userspace/buffer-format. */

export interface CpioEntry {
  /** Without a leading slash. */
  readonly path: string;
  /** File type and permission bits, as in st_mode. */
  readonly mode: number;
  /** Of a file its bytes, of a symbolic link its target. */
  readonly content?: Uint8Array;
  /** Major and minor number of a device node. */
  readonly device?: readonly [number, number];
}

export const DIRECTORY = 0o040000;
export const REGULAR = 0o100000;
export const SYMLINK = 0o120000;
export const CHARACTER = 0o020000;

const hex = (value: number): string => value.toString(16).padStart(8, '0');
const padding = (length: number): Buffer => Buffer.alloc((4 - (length % 4)) % 4);

function record(entry: CpioEntry, inode: number): Buffer[] {
  const name = Buffer.from(`${entry.path}\0`);
  const content = entry.content ?? new Uint8Array();
  const [major, minor] = entry.device ?? [0, 0];
  // inode, mode, uid, gid, links, time, size, device of the file system (2), device node (2), length of the name, checksum
  const fields = [inode, entry.mode, 0, 0, 1, 0, content.length, 0, 0, major, minor, name.length, 0];
  const header = Buffer.from(`070701${fields.map(hex).join('')}`);
  return [header, name, padding(header.length + name.length), Buffer.from(content), padding(content.length)];
}

/** All files belong to root and have no date, so equal entries give equal bytes. */
export function cpio(entries: readonly CpioEntry[]): Buffer {
  const trailer: CpioEntry = { path: 'TRAILER!!!', mode: 0 };
  return Buffer.concat([...entries, trailer].flatMap((entry, index) => record(entry, index + 1)));
}
