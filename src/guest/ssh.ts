/** The argument vector of the system's `ssh` for one machine. Pure. */

export interface SshTarget {
  readonly user: string;
  /** Port on the host's loopback that leads to the guest's sshd. */
  readonly port: number;
  /** Absolute path of the private key. */
  readonly privateKey: string;
  /** Absolute path of the known_hosts file that holds the pinned host key under `hostAlias`. */
  readonly knownHosts: string;
  readonly hostAlias: string;
  /** Absolute path of the socket that sessions share; null: each makes a connection of its own. */
  readonly controlPath: string | null;
  /** Whether a person sits in front of it. */
  readonly tty: boolean;
  /** One command string for the login shell (see quote.ts); none: a login session. */
  readonly command?: string;
}

/** A socket's path is at most 103 bytes on every system, and ssh binds a name that is 17 longer before it renames it. */
const CONTROL_PATH_LIMIT = 103 - 17;
/** Seconds that the shared connection outlives its last session. It ends with the machine in any case. */
const CONTROL_PERSIST = 30;

/**
 * Arguments for `ssh`. The person's own configuration takes no part (`-F none`): it may forward agents, ports, variables
 * or displays to every host, and this one is hostile; or add identities and proxies with which the login fails.
 */
export function sshArgv(target: SshTarget): string[] {
  const options: Record<string, string> = {
    HostKeyAlias: target.hostAlias,
    HostKeyAlgorithms: 'ssh-ed25519',
    StrictHostKeyChecking: 'yes',
    UserKnownHostsFile: path(target.knownHosts),
    GlobalKnownHostsFile: '/dev/null',
    CheckHostIP: 'no',
    UpdateHostKeys: 'no',
    IdentitiesOnly: 'yes',
    IdentityFile: path(target.privateKey),
    IdentityAgent: 'none',
    PreferredAuthentications: 'publickey',
    ForwardAgent: 'no',
    ForwardX11: 'no',
    LogLevel: 'ERROR',
    ConnectTimeout: '15',
    ...(target.tty ? {} : { BatchMode: 'yes' }),
    ...control(target.controlPath),
  };
  return [
    ...['-F', 'none', '-l', target.user, '-p', String(target.port), target.tty ? '-t' : '-T'],
    ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
    // After `--` nothing is taken for an option, a command that begins with a dash included.
    ...['--', '127.0.0.1'],
    ...(target.command === undefined ? [] : [target.command]),
  ];
}

function control(socket: string | null): Record<string, string> {
  if (socket === null || new TextEncoder().encode(socket).length > CONTROL_PATH_LIMIT) return { ControlPath: 'none' };
  return { ControlMaster: 'auto', ControlPath: path(socket), ControlPersist: String(CONTROL_PERSIST) };
}

/** A path as ssh reads it in its options: words may be quoted, and `%` begins a token. */
function path(value: string): string {
  return `"${value.replaceAll('%', '%%').replaceAll(/["\\]/g, '\\$&')}"`;
}
