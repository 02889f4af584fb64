/** What sessions in the guest begin with: their variables, and what they trust. */
import type { GuestFile } from '../model/boot.ts';
import type { LiveStep } from '../model/live.ts';
import type { BootContext } from '../model/resource.ts';
import { RELOAD_SSHD } from '../model/sshd.ts';
import { placeholderOf } from './placeholders.ts';

const OF_ROOT = { owner: 'root', group: 'root' } as const;

/** Where the guest has the certificate by which its gateway speaks for hosts with secrets; and all that it trusts, that one included. */
const OWN = '/run/ai-vm-ca.pem';
const ALL = '/run/ai-vm-trust.pem';
/** Where OpenSSL looks for whoever has this name: see host/authority.ts. For programs that no variable reaches. */
const BY_NAME = '/etc/ssl/certs/cf9c93d0.0';
/** What the guest trusts without it, in Debian. */
const SYSTEM = '/etc/ssl/certs/ca-certificates.crt';

/** Programs look at the system's list, at one of their own, or at what a variable names. */
const TRUST: Readonly<Record<string, string>> = {
  NODE_EXTRA_CA_CERTS: OWN,
  ...{ SSL_CERT_FILE: ALL, CURL_CA_BUNDLE: ALL, GIT_SSL_CAINFO: ALL, REQUESTS_CA_BUNDLE: ALL, PIP_CERT: ALL },
  ...{ AWS_CA_BUNDLE: ALL, CARGO_HTTP_CAINFO: ALL, NIX_SSL_CERT_FILE: ALL, DENO_CERT: OWN },
};

type Session = Pick<BootContext, 'vm' | 'identity' | 'authority'>;

/** Of every session: what the file says beats what is set for secrets. */
function variables({ vm, identity, authority }: Session): Record<string, string> {
  const { env, secrets = [] } = vm;
  const seed = identity.seed ?? identity.uuid;
  const placeholders = secrets.map((secret) => [secret.name, placeholderOf(seed, secret)] as const);
  return { ...(authority === undefined ? {} : TRUST), ...env, ...Object.fromEntries(placeholders) };
}

/** sshd's own quoting: double quotes, with `\` and `"` escaped. Values hold no newline: the configuration refuses it. */
const quoted = (name: string, value: string): string =>
  `"${name}=${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/**
 * Through sshd's SetEnv and not /etc/environment, whose parser cuts a value at `#` and knows no quoting. All of it in one file: sshd
 * takes the first SetEnv that it finds, and no other.
 */
export function sessionFile(session: Session): GuestFile {
  const sorted = Object.entries(variables(session)).sort(([a], [b]) => (a < b ? -1 : 1));
  const pairs = sorted.map(([name, value]) => quoted(name, value));
  const content = pairs.length === 0 ? '' : `SetEnv ${pairs.join(' ')}\n`;
  return { path: '/etc/ssh/sshd_config.d/10-ai-vm-env.conf', mode: '0600', ...OF_ROOT, content };
}

/** Has sessions that begin from then on see the variables, and these files. */
export const beginSessions = (session: Session, files: readonly GuestFile[] = []): LiveStep[] => [
  { do: 'settings', title: 'write its environment', settings: { files: [...files, sessionFile(session)] } },
  { do: 'guest', title: 'tell sshd of it', script: RELOAD_SSHD },
  { do: 'forget-login', title: 'begin new sessions' },
];

/** None where there is nothing to trust. */
export function trustFiles(authority: string | undefined): GuestFile[] {
  if (authority === undefined) return [];
  return [
    { path: OWN, mode: '0644', ...OF_ROOT, content: authority },
    { path: BY_NAME, mode: '0644', ...OF_ROOT, content: authority },
    { path: ALL, mode: '0644', ...OF_ROOT, content: authority, after: SYSTEM },
  ];
}

/** POSIX sh: what is there of an earlier one goes, so that it is made anew. */
export const FORGET_TRUST = `rm -f -- ${OWN} ${ALL} ${BY_NAME}\n`;
