/** Writes the credentials that QEMU hands to the guest at boot. */
import { mkdir, readFile } from 'node:fs/promises';
import { credentials, FW_CFG_PREFIX } from '../guest/credentials.ts';
import { removeTree } from '../host/directories.ts';
import { writeText } from '../host/files.ts';
import type { GuestFile, GuestSettings } from '../model/boot.ts';
import type { Identity, MachinePaths } from '../model/machine.ts';

/** The machine's SSH host key reaches the guest as files of its own: it is never in an image. */
async function hostKeyFiles(paths: MachinePaths, identity: Identity): Promise<GuestFile[]> {
  const file = { path: '/etc/ssh/ssh_host_ed25519_key', owner: 'root', group: 'root' };
  return [
    { ...file, mode: '0600', content: await readFile(paths.hostKey, 'utf8') },
    { ...file, path: `${file.path}.pub`, mode: '0644', content: `${identity.hostKey}\n` },
  ];
}

/** @returns fw_cfg name → absolute path */
export async function writeGuestFiles(
  paths: MachinePaths,
  identity: Identity,
  settings: GuestSettings,
): Promise<Map<string, string>> {
  const files = [...(await hostKeyFiles(paths, identity)), ...settings.files];
  // Made anew: the old one belongs to whom QEMU runs as, who may have put symlinks into it since.
  await removeTree(paths.credentials);
  await mkdir(paths.credentials, { mode: 0o700 });
  const written = new Map<string, string>();
  for (const [name, content] of credentials({ ...settings, files }, identity.machineId)) {
    const path = `${paths.credentials}/${name}`;
    await writeText(path, content);
    written.set(`${FW_CFG_PREFIX}${name}`, path);
  }
  return written;
}
