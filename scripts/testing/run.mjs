/** Running one command, and what came of it. */
import { spawn } from 'node:child_process';

/**
 * @param {readonly string[]} argv
 * @param {{ inherit?: boolean, env?: NodeJS.ProcessEnv, cwd?: string }} options `inherit`: its output goes straight through, to our stderr
 * @returns {Promise<{ code: number | null, output: string, ms: number }>} code null: it could not be started, or a signal ended it
 */
export function run(argv, { inherit = false, env = process.env, cwd } = {}) {
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(argv[0], argv.slice(1), {
      env,
      cwd,
      stdio: ['ignore', inherit ? 2 : 'pipe', inherit ? 2 : 'pipe'],
    });
    let output = '';
    const end = (code) => resolve({ code, output, ms: performance.now() - started });
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (output += data));
    child.on('error', (error) => {
      output += error.message;
      end(null);
    });
    child.on('close', end);
  });
}

/** What has been counted so far; every name in `failed` and `skipped` is one result. */
export class Tally {
  passed = 0;
  /** @type {string[]} */
  failed = [];
  /** @type {string[]} */
  skipped = [];

  /** The last line: nothing but numbers. */
  toString() {
    const skipped = this.skipped.length === 0 ? '' : `, ${this.skipped.length} skipped`;
    return `${this.passed} passed, ${this.failed.length} failed${skipped}`;
  }
}

export const say = (text) => process.stderr.write(`${text}\n`);

/** `1.2 s` */
export const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
