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
  /** The user's SSH agent answers in the guest, which then can use every key in it: only when they ask for it. */
  readonly forwardAgent?: boolean;
  /** One command string for the login shell (see quote.ts); none: a login session. */
  readonly command?: string;
}

/** Variables for a command have such names on their way: every sshd takes those that begin with LC_. */
export const CARRIER = 'LC_AI_VM_';

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
    ...trust(target),
    ForwardAgent: target.forwardAgent === true ? 'yes' : 'no',
    ForwardX11: 'no',
    ConnectTimeout: '15',
    // Said each time: whoever shares a connection may send what the one that began it may.
    SendEnv: `${CARRIER}*`,
    ...(target.tty ? {} : { BatchMode: 'yes' }),
    ...control(target.controlPath),
  };
  // An agent that may not be asked for keys cannot be forwarded either; of its keys only that of the machine is offered.
  if (target.forwardAgent === true) delete options['IdentityAgent'];
  return [
    ...['-F', 'none', '-l', target.user, '-p', String(target.port), target.tty ? '-t' : '-T'],
    ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
    // After `--` nothing is taken for an option, a command that begins with a dash included.
    ...['--', '127.0.0.1'],
    ...(target.command === undefined ? [] : [target.command]),
  ];
}

/** Who is believed, and who is told: one host key, one key of the user's, nothing else of theirs. */
const trust = (target: Pick<SshTarget, 'hostAlias' | 'knownHosts' | 'privateKey'>): Record<string, string> => ({
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
  // Between two programs on this host nobody listens in who could wait for a quantum computer: an emulated guest needs a third of
  // a login for the exchange that could.
  KexAlgorithms: 'curve25519-sha256',
  LogLevel: 'ERROR',
});

/** A section of ssh_config(5), for programs that run `ssh` themselves. `name` has no spaces. */
export function sshConfig(name: string, target: Omit<SshTarget, 'tty' | 'command'>): string {
  const options: Record<string, string> = {
    HostName: '127.0.0.1',
    Port: String(target.port),
    User: target.user,
    ...trust(target),
    // What the user says for every host (`Host *`) must not reach a hostile one.
    ForwardAgent: 'no',
    ForwardX11: 'no',
    ProxyCommand: 'none',
    ProxyJump: 'none',
    ...control(target.controlPath),
  };
  const lines = Object.entries(options).map(([key, value]) => `  ${key} ${value}`);
  return `Host ${name}\n${lines.join('\n')}\n`;
}

function control(socket: string | null): Record<string, string> {
  if (socket === null || new TextEncoder().encode(socket).length > CONTROL_PATH_LIMIT) return { ControlPath: 'none' };
  return { ControlMaster: 'auto', ControlPath: path(socket), ControlPersist: String(CONTROL_PERSIST) };
}

/** A path as ssh reads it in its options: words may be quoted, and `%` begins a token. */
function path(value: string): string {
  return `"${value.replaceAll('%', '%%').replaceAll(/["\\]/g, '\\$&')}"`;
}
