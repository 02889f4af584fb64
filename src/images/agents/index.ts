/** The coding agents that an image can hold. A new one is one file here and one line below. */
import type { AgentName } from '../../model/desired.ts';
import type { GuestTextFile } from '../debian/guest.ts';
import { claude } from './claude.ts';

export interface FetchContext {
  /** Kept between builds. */
  readonly cacheDir: string;
  readonly signal?: AbortSignal | undefined;
}

export interface Agent {
  /** The version that goes into an image: ours, unless the environment asks for another. */
  version(env: NodeJS.ProcessEnv): string;
  /** Distribution packages that it cannot do without. */
  readonly packages: readonly string[];
  /** Path in the guest → text file. */
  readonly files: Readonly<Record<string, GuestTextFile>>;
  /** Gets its programs onto the host. @returns path in the guest → file on the host */
  fetch(version: string, context: FetchContext): Promise<Readonly<Record<string, string>>>;
}

export const AGENTS: Readonly<Record<AgentName, Agent>> = { claude };
