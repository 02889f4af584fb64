/**
 * What the file says, after interpolation, validation and defaults: the input of every plan.
 * All sizes are bytes, all times milliseconds, all paths absolute. Plain JSON throughout.
 */

/** One project: a configuration file, its directory, and the machines that it declares. */
export interface Desired {
  /** Compose-normalized: lower case letters, digits, `_` and `-`. */
  readonly name: string;
  /** The real path (no symlinks) of the directory that holds the file. */
  readonly dir: string;
  /** The configuration files that took part, the main one first. */
  readonly files: readonly string[];
  /** Where disks and keys live: the user's data directory, or the project's own `.ai-vm/`. */
  readonly location: 'user' | 'project';
  /** Sorted by name. */
  readonly vms: readonly VmConfig[];
  /** Host variables whose values reached a field that a guest or a host program can see. */
  readonly drawn: readonly DrawnVariable[];
}

export interface DrawnVariable {
  readonly variable: string;
  /** Path of the field in the file, such as `vms.dev.env.TOKEN`. */
  readonly field: string;
}

export interface VmConfig {
  readonly name: string;
  /** The name as systemd accepts it: `_` turned into `-`, at most 63 characters. */
  readonly hostname: string;
  /** `default`: none was declared, so the provider is chosen once and kept in the identity. */
  readonly image: ImageConfig;
  readonly cpus: number;
  readonly memory: number;
  readonly storage: number;
  readonly overlay: boolean;
  readonly audio: AudioConfig | false;
  readonly nested: boolean;
  readonly shares: readonly ShareConfig[];
  readonly ports: readonly PortConfig[];
  readonly ssh: SshConfig;
  /** The first one is who `ssh` and `exec` log in as. Never empty. */
  readonly users: readonly string[];
  readonly agents: readonly AgentConfig[];
  readonly env: Readonly<Record<string, string>>;
  readonly provision: readonly string[];
  readonly healthcheck: HealthcheckConfig | null;
  readonly labels: Readonly<Record<string, string>>;
}

/** Everything here is a build parameter: a change means another image, hence another disk. */
export interface ImageConfig {
  readonly provider: 'debian';
  /** Extra distribution packages, sorted and without repetition. */
  readonly packages: readonly string[];
  /** Names of the agents whose software is in the image, sorted. */
  readonly agents: readonly AgentName[];
}

export type AgentName = 'claude';

export interface AgentConfig {
  readonly name: AgentName;
  /** Share the host's credentials of this agent, read-only. Needs approval. */
  readonly shareAuth: boolean;
}

export type AudioDriver = 'pa' | 'pipewire' | 'alsa' | 'wav' | 'none';

export interface AudioConfig {
  readonly driver: AudioDriver;
  /** Where the `wav` driver writes; default: `audio.wav` beside the disk. */
  readonly path: string | null;
}

export type ShareMode = 'ro' | 'rw';

export interface ShareConfig {
  /** As declared, made absolute against the file's directory; symlinks are not yet resolved. */
  readonly path: string;
  /** Mount point in the guest. */
  readonly target: string;
  readonly mode: ShareMode;
  readonly driver: 'auto' | 'virtiofs' | '9p';
  readonly allowSensitive: boolean;
}

export interface PortConfig {
  readonly bind: string;
  readonly host: number;
  readonly guest: number;
  readonly protocol: 'tcp' | 'udp';
}

export interface SshConfig {
  /** The host port wished for; the next free one is used when it is taken. */
  readonly port: number;
  /** True when the file names the port. */
  readonly declared: boolean;
}

export interface HealthcheckConfig {
  /** Run by `/bin/sh -c` in the guest; exit code 0 is healthy. */
  readonly test: string;
  readonly interval: number;
  readonly timeout: number;
  readonly retries: number;
  readonly startPeriod: number;
}
