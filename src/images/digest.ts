/** The content key of an image: everything that it is made from, and nothing of where it is made. */
import { createHash } from 'node:crypto';
import type { AgentName, DebianImage } from '../model/desired.ts';

/** What an image is made from besides its configuration. */
export interface ImageInputs {
  readonly arch: 'x86_64' | 'aarch64';
  readonly suite: string;
  /** Every text of the recipe: packages, files, scripts. Plain JSON. */
  readonly recipe: unknown;
  /** The pinned or wished version of each agent. */
  readonly agentVersions: Readonly<Record<AgentName, string>>;
  /** Every text of what brings an agent into an image. Plain JSON. */
  readonly agentRecipes: Readonly<Record<AgentName, unknown>>;
  /** The same of the desktop. */
  readonly desktop: unknown;
}

/** JSON with sorted keys: the same value gives the same text, however it was put together. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

const unique = (list: readonly string[]): string[] => [...new Set(list)].sort();

/** SHA-256 in hex: the name of the bundle's directory. */
export function digestOf(image: DebianImage, inputs: ImageInputs): string {
  const agents = unique(image.agents) as AgentName[];
  const content = {
    provider: image.provider,
    arch: inputs.arch,
    suite: inputs.suite,
    recipe: inputs.recipe,
    packages: unique(image.packages),
    agents: agents.map((name) => [name, inputs.agentVersions[name], inputs.agentRecipes[name]]),
    // What an image does not have leaves its name as it is.
    ...(image.desktop && { desktop: inputs.desktop }),
  };
  return createHash('sha256').update(canonical(content)).digest('hex');
}
