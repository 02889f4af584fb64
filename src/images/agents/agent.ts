/** What a coding agent is to an image. */
import type { GuestTextFile } from '../debian/guest.ts';
import { AGENT_TITLES, authTarget } from '../../model/agents.ts';
import type { AgentName } from '../../model/desired.ts';
import { AiVmError } from '../../model/errors.ts';

export interface FetchContext {
  /** Kept between builds. */
  readonly cacheDir: string;
  readonly signal?: AbortSignal | undefined;
}

export interface Agent {
  /** The version that goes into an image: ours, unless the environment asks for another. */
  version(env: NodeJS.ProcessEnv): string;
  /** Files below the home directory that hold its login, and nothing else: what `share_auth` copies. Unlike names. */
  readonly login: readonly string[];
  /** Distribution packages that it cannot do without. */
  readonly packages: readonly string[];
  /** Path in the guest → text file. */
  readonly files: Readonly<Record<string, GuestTextFile>>;
  /** Path in the guest → what the symbolic link points to. */
  readonly links?: Readonly<Record<string, string>>;
  /** Gets its programs onto the host. @returns path in the guest → program or directory on the host */
  fetch(version: string, context: FetchContext): Promise<Readonly<Record<string, string>>>;
  /** Installs what no archive holds: run by sh as root of the image's tree, with the host's network. `$1`: the version. */
  readonly install?: string;
}

const isVersion = (text: string): boolean => /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(text);

/** The version of an agent, by the variable that may ask for another. */
export const versionOf =
  (variable: string, usual: string): Agent['version'] =>
  (env) =>
    env[variable] || usual;

/**
 * Before anything is fetched by it.
 * @throws AiVmError usage
 */
export function requireVersion(name: AgentName, version: string): void {
  if (isVersion(version)) return;
  throw new AiVmError('usage', `AI_VM_${name.toUpperCase()}_VERSION is not a version: ${JSON.stringify(version)}`, {
    fix: 'Set it to a full version such as 1.2.3, or unset it.',
  });
}

/**
 * The script that starts an agent: credentials that the host shares read-only are copied in, unless the guest's own are newer.
 * @param lines bash, after `take FILE TARGET` is known
 */
export const startScript = (name: AgentName, lines: string): GuestTextFile => ({
  mode: 0o755,
  content: `#!/bin/bash
# Starts ${AGENT_TITLES[name]} without permission prompts: this machine is its sandbox. All arguments are handed on.
set -eu
share=${authTarget(name)}
umask 077

# take FILE TARGET: from the host's share, unless what is here is newer.
take() {
  if [ -r "$share/$1" ] && { [ ! -e "$2" ] || [ "$share/$1" -nt "$2" ]; }; then
    mkdir -p "\${2%/*}"
    cp --preserve=timestamps "$share/$1" "$2.new" && mv "$2.new" "$2"
  fi
}
${lines}`,
});
