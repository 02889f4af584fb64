/** manifest.json of a bundle: what is read back is judged field by field, for the file may be cut off or not ours. */
import { BUNDLE_FORMAT, type Manifest } from '../model/image.ts';

export const MANIFEST_FILE = 'manifest.json';

/** A bundle's directory name: SHA-256 in hex. */
export const isDigest = (text: unknown): text is string => typeof text === 'string' && /^[0-9a-f]{64}$/.test(text);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A plain file name: never a way out of the bundle's directory. */
const isFileName = (value: unknown): value is string =>
  typeof value === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(value);

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= 256 && !/[\p{Cc}]/u.test(value);

const isList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length <= 256 && value.every((item) => isText(item));

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;

function isRecord<T>(value: unknown, accept: (item: unknown) => item is T): value is Record<string, T> {
  return isObject(value) && Object.entries(value).every(([name, item]) => isFileName(name) && accept(item));
}

/** Whether a parsed manifest.json has every field in its right shape and records every file that it names. */
export function isManifest(value: unknown): value is Manifest {
  if (!isObject(value) || value['formatVersion'] !== BUNDLE_FORMAT) return false;
  const { boot, disk, versions, files, sizes } = value;
  if (!isObject(boot) || !isObject(disk) || !isObject(versions)) return false;
  if (!isRecord(files, isDigest) || !isRecord(sizes, isSize)) return false;
  const { store } = value;
  if (store !== undefined && (!isObject(store) || !['erofs', 'squashfs'].includes(String(store['format']))))
    return false;
  const named = [boot['kernel'], boot['initrd'], disk['file'], ...(store === undefined ? [] : [store['file']])];
  return (
    isDigest(value['digest']) &&
    (value['provider'] === 'debian' || value['provider'] === 'nixos') &&
    (value['arch'] === 'x86_64' || value['arch'] === 'aarch64') &&
    isList(boot['params']) &&
    boot['params'].every((param) => !/\s/.test(param)) &&
    disk['format'] === 'qcow2' &&
    isSize(disk['virtualSize']) &&
    isText(versions['distribution']) &&
    isText(versions['kernel']) &&
    isSize(versions['systemd']) &&
    isList(value['features']) &&
    isList(value['agents']) &&
    named.every((name) => isFileName(name) && Object.hasOwn(files, name) && Object.hasOwn(sizes, name))
  );
}

/** @returns null when the text is not a manifest of ours */
export function parseManifest(text: string): Manifest | null {
  try {
    const value: unknown = JSON.parse(text);
    return isManifest(value) ? value : null;
  } catch {
    return null;
  }
}
