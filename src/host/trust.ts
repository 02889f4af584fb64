/** Whose certificates this host trusts. */
import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';

/** Where distributions keep their list: Debian, Fedora, openSUSE, Alpine; NixOS has the first. */
const LISTS = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

const read = (path: string | undefined): Promise<string | null> =>
  path ? readFile(path, 'utf8').catch(() => null) : Promise.resolve(null);

/**
 * The system's list, or the one that SSL_CERT_FILE names, and what NODE_EXTRA_CA_CERTS adds to it; Node's own where there is neither.
 * @returns PEM
 */
export async function hostTrust(env: Readonly<Record<string, string | undefined>>): Promise<string> {
  let list: string | null = null;
  for (const path of [env['SSL_CERT_FILE'], ...LISTS]) list ??= await read(path);
  return `${list ?? rootCertificates.join('\n')}\n${(await read(env['NODE_EXTRA_CA_CERTS'])) ?? ''}`;
}
