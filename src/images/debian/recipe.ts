/** Everything that decides what is in a Debian image: its values are hashed into the image's digest. */
import { AGENTS } from '../agents/index.ts';
import { digestOf, type ImageInputs } from '../digest.ts';
import type { AgentName, ImageConfig } from '../../model/desired.ts';
import { FILES, LINKS, PARAMS, REMOVED } from './guest.ts';
import { INIT } from './init.ts';
import { BOOT_MODULES, MODULE_EXCLUDES, OVERLAY_MODULES } from './modules.ts';
import { DPKG_EXCLUDES, PACKAGES } from './packages.ts';
import { CUSTOMISE_SCRIPT, DISK_SCRIPT, TREE_SCRIPT } from './scripts.ts';

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
  agents: Object.fromEntries(Object.entries(AGENTS).map(([name, { packages, files }]) => [name, { packages, files }])),
};

const agentVersions = (env: NodeJS.ProcessEnv): Record<AgentName, string> => ({ claude: AGENTS.claude.version(env) });

/** What images are made from on this host, with this environment. */
export const currentInputs = (env: NodeJS.ProcessEnv = process.env): ImageInputs => ({
  arch: process.arch === 'arm64' ? 'aarch64' : 'x86_64',
  suite: SUITE,
  recipe: RECIPE,
  agentVersions: agentVersions(env),
});

/** The name of the bundle that an image's configuration gives: SHA-256 in hex. */
export const imageDigest = (image: ImageConfig, inputs: ImageInputs = currentInputs()): string =>
  digestOf(image, inputs);

/** All distribution packages of an image, sorted and without repetition. */
export const packagesOf = (image: ImageConfig): string[] =>
  [...new Set([...PACKAGES, ...image.agents.flatMap((name) => AGENTS[name].packages), ...image.packages])].sort();
