/**
 * What the file says, after interpolation, validation and defaults: the input of every plan.
 * All sizes are bytes, all times milliseconds, all paths absolute. Plain JSON throughout.
 */

import type { NetworkConfig } from './network.ts';
import type { SecretConfig } from './secrets.ts';

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
  /** Files outside of the project that machines are made from. */
  readonly borrowed: readonly BorrowedFile[];
  /** Names of variables whose values are not printed, as far as the file names them. */
  readonly secrets: readonly string[];
}

export interface DrawnVariable {
  readonly variable: string;
  /** The machine that sees it; `*`: all of them. */
  readonly vm: string;
  /** Path of the field in the file, such as `vms.dev.env.TOKEN`. */
  readonly field: string;
}

export interface BorrowedFile {
  /** The machine that takes part of it; `*`: all of them. */
  readonly vm: string;
  /** By what it was named; `variables`: the `.env` beside an included file; `git`: an included file of a repository. */
  readonly as: 'include' | 'extends' | 'env_file' | 'variables' | 'git';
  /** Real path; `URL#COMMIT:PATH` in a repository. */
  readonly path: string;
  /** SHA-256 (hex) of its text; the commit. */
  readonly digest: string;
}

export interface VmConfig {
  readonly name: string;
  /** The name as systemd accepts it: `_` turned into `-`, at most 63 characters. */
  readonly hostname: string;
  /** Where none was declared, that of the provider that was chosen once and is kept in the identity. */
  readonly image: ImageConfig;
  readonly cpus: number;
  readonly memory: number;
  readonly storage: number;
  readonly overlay: boolean;
  readonly audio: AudioConfig | false;
  readonly desktop: DesktopConfig | false;
  readonly nested: boolean;
  /** A new machine starts as a copy of a booted one where it can. */
  readonly warm: boolean;
  /** What `watch` does when the machine stops by itself. */
  readonly restart: RestartPolicy;
  /** Idle time after which a watch suspends it (milliseconds); null: never. */
  readonly suspendAfter: number | null;
  readonly shares: readonly ShareConfig[];
  readonly ports: readonly PortConfig[];
  readonly ssh: SshConfig;
  /** What it may reach, through a gateway of its own; not there (`host`): QEMU's user-mode network, which reaches what this host does. */
  readonly network?: NetworkConfig;
  /** The first one is who `ssh` and `exec` log in as. Never empty. */
  readonly users: readonly string[];
  readonly agents: readonly AgentConfig[];
  readonly env: Readonly<Record<string, string>>;
  /** Values of the host that its gateway puts into requests, and it never has; sorted by name. Not there: none. */
  readonly secrets?: readonly SecretConfig[];
  readonly provision: readonly string[];
  readonly healthcheck: HealthcheckConfig | null;
  readonly labels: Readonly<Record<string, string>>;
  /** It takes part only when one of these is active; none: always. Sorted. */
  readonly profiles: readonly string[];
  /** Sorted by machine. */
  readonly dependsOn: readonly Dependency[];
}

export interface Dependency {
  readonly vm: string;
  readonly condition: 'started' | 'ready' | 'healthy' | 'completed';
}

/** Everything here is a build parameter: a change means another image, hence another disk. */
export type ImageConfig = DebianImage | NixosImage;

export type ProviderName = ImageConfig['provider'];

interface Software {
  /** Extra distribution packages, sorted and without repetition. */
  readonly packages: readonly string[];
  /** Names of the agents whose software is in the image, sorted. */
  readonly agents: readonly AgentName[];
  /** Whether a graphical desktop is in it. */
  readonly desktop: boolean;
}

export interface DebianImage extends Software {
  readonly provider: 'debian';
}

export interface NixosImage extends Software {
  readonly provider: 'nixos';
  /** null: ai-vm's own makes it. */
  readonly flake: FlakeConfig | null;
  /** Absolute paths, in the order of the file. */
  readonly modules: readonly string[];
  /** `image`: the guest has a store of its own; `host`: it reads that of the host, too. */
  readonly store: 'image' | 'host';
  /** The first user: whom the image is set up for. */
  readonly user: string;
  /** Whether software for sound is in it. */
  readonly audio: boolean;
}

export interface FlakeConfig {
  /** `local`: `ref` is the absolute path of a directory; `remote`: what Nix fetches it by, such as `github:owner/repo`. */
  readonly kind: 'local' | 'remote';
  readonly ref: string;
  /** The output that is the guest; null: the flake has modules for ai-vm's guest, or an `mkGuest` of its own. */
  readonly output: string | null;
}

export type RestartPolicy = 'no' | 'on-failure' | 'always';

export type AgentName = 'claude' | 'codex' | 'gemini' | 'aider' | 'opencode';

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

/** Size of the screen, in pixels. */
export interface DesktopConfig {
  readonly width: number;
  readonly height: number;
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
