/** Everything that decides what is in a Debian image: its values are hashed into the image's digest. */
import type { Agent } from '../agents/agent.ts';
import { AGENTS } from '../agents/index.ts';
import { digestOf, type ImageInputs } from '../digest.ts';
import type { AgentName, DebianImage } from '../../model/desired.ts';
import { AGENT_NAMES } from '../../model/agents.ts';
import { DESKTOP } from './desktop.ts';
import { FILES, LINKS, PARAMS, REMOVED } from './guest.ts';
import { INIT } from './init.ts';
import { BOOT_MODULES, MODULE_EXCLUDES, OVERLAY_MODULES } from './modules.ts';
import { DPKG_EXCLUDES, PACKAGES } from './packages.ts';
import { CUSTOMISE_SCRIPT, DISK_SCRIPT, TREE_SCRIPT } from './scripts.ts';
import type { Layout } from './stage-files.ts';

export const SUITE = 'trixie';

/** Raised when the builder's own code changes what it makes of the same texts. */
const VERSION = 1;

export const RECIPE = {
  version: VERSION,
  packages: PACKAGES,
  dpkg: [...DPKG_EXCLUDES, ...MODULE_EXCLUDES],
  files: FILES,
  links: LINKS,
  removed: REMOVED,
  params: PARAMS,
  init: INIT,
  modules: { boot: BOOT_MODULES, overlay: OVERLAY_MODULES },
  scripts: { tree: TREE_SCRIPT, customise: CUSTOMISE_SCRIPT, disk: DISK_SCRIPT },
};

/** Something of each agent, by its name. */
const ofAgents = <T>(what: (agent: Agent) => T): Record<AgentName, T> =>
  Object.fromEntries(AGENT_NAMES.map((name) => [name, what(AGENTS[name])])) as Record<AgentName, T>;

/** What images are made from on this host, with this environment. */
export const currentInputs = (env: NodeJS.ProcessEnv = process.env): ImageInputs => ({
  arch: process.arch === 'arm64' ? 'aarch64' : 'x86_64',
  suite: SUITE,
  recipe: RECIPE,
  agentVersions: ofAgents((agent) => agent.version(env)),
  agentRecipes: ofAgents(({ packages, files, links = {}, install = '' }) => ({ packages, files, links, install })),
  desktop: DESKTOP,
});

/** The name of the bundle that an image's configuration gives: SHA-256 in hex. */
export const debianDigest = (image: DebianImage, inputs: ImageInputs = currentInputs()): string =>
  digestOf(image, inputs);

/** All distribution packages of an image, sorted and without repetition. */
export const packagesOf = (image: DebianImage): string[] => {
  const agents = image.agents.flatMap((name) => AGENTS[name].packages);
  const desktop = image.desktop ? DESKTOP.packages : [];
  return [...new Set([...PACKAGES, ...agents, ...desktop, ...image.packages])].sort();
};

/** What is laid over the tree of its packages. */
export function layoutOf(image: DebianImage): Omit<Layout, 'programs'> {
  const agents = image.agents.map((name) => AGENTS[name]);
  const brought = Object.assign({}, ...agents.map(({ files }) => files)) as Layout['files'];
  const links = Object.assign({}, LINKS, ...agents.map((agent) => agent.links ?? {})) as Layout['links'];
  if (!image.desktop) return { files: { ...FILES, ...brought }, links };
  const masks = new Set<string>(DESKTOP.unmasked);
  const kept = Object.entries(links).filter(([path]) => !masks.has(path));
  return {
    files: { ...FILES, ...brought, ...DESKTOP.files },
    links: Object.fromEntries(kept),
  };
}
