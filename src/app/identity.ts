/** Makes what a machine is on this host: numbers, key pair, pinned host key. Once, kept for the life of its disk. */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import type { ProviderName } from '../model/desired.ts';
import { AiVmError } from '../model/errors.ts';
import type { Identity, MachinePaths } from '../model/machine.ts';

/** A unicast, locally administered address with QEMU's prefix. */
function randomMac(): string {
  return ['52', '54', '00', ...randomBytes(3).toString('hex').match(/../g)!].join(':');
}

/** @returns the public key, one line */
async function keyPair(path: string, comment: string, signal: AbortSignal): Promise<string> {
  await Promise.all([rm(path, { force: true }), rm(`${path}.pub`, { force: true })]);
  try {
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', path], { cancelSignal: signal });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new AiVmError('host.missing', 'ssh-keygen is not installed', { fix: 'ai-vm doctor' });
    }
    throw error;
  }
  return (await readFile(`${path}.pub`, 'utf8')).trim();
}

/** The host name that a machine's key is pinned under: an address and a port may change hands, this does not. */
export const hostAlias = (uuid: string): string => `ai-vm-${uuid}`;

/** Makes keys and known_hosts in the machine's directory. The caller writes identity.json, which makes them count. */
export async function makeIdentity(
  vm: string,
  paths: MachinePaths,
  provider: ProviderName,
  signal: AbortSignal,
): Promise<Identity> {
  await mkdir(paths.dir, { recursive: true, mode: 0o700 });
  const uuid = randomUUID();
  const [publicKey, hostKey] = await Promise.all([
    keyPair(paths.privateKey, `ai-vm ${vm}`, signal),
    keyPair(paths.hostKey, vm, signal),
  ]);
  const [type, key] = hostKey.split(' ');
  await writeFile(paths.knownHosts, `${hostAlias(uuid)} ${type} ${key}\n`, { mode: 0o600 });
  return {
    formatVersion: 1,
    uuid,
    machineId: randomBytes(16).toString('hex'),
    mac: randomMac(),
    provider,
    publicKey,
    hostKey,
    createdAt: new Date().toISOString(),
  };
}
