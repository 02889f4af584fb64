/** What one `up` says while it works, and where its time goes by that. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const WITNESS = pathToFileURL(join(import.meta.dirname, '../witness.mjs')).href;

/**
 * @typedef {{ ms: number, uptime: number, type: string, kind?: string, text?: string, took?: number }} Mark all in milliseconds:
 *   `ms` since the start of the command, by the clock of the reader; `uptime` of the host; `took`: what a step says itself.
 *   `kind` of the step; `text` of progress, or who has answered
 */

/** Of the host, in milliseconds; its last digit is always zero. */
const uptime = () => Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1000;

/**
 * @param {import('./sandbox.mjs').Sandbox} sandbox
 * @param {readonly string[]} args after `up`
 * @returns {Promise<{ wall: number, cpu: number, marks: Mark[] }>}
 */
export async function watchedUp(sandbox, args = []) {
  /** @type {Mark[]} */
  const marks = [];
  const listen = (line, ms) => {
    if (!line.startsWith('{')) return;
    const { type, step, text, what, ms: took } = JSON.parse(line);
    marks.push({ ms, uptime: uptime(), type, kind: step?.kind, text: text ?? what, took });
  };
  const env = { NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import=${WITNESS}`.trim() };
  const { wall, cpu } = await sandbox.ok(['up', '--progress', 'json', ...args], listen, env);
  return { wall, cpu, marks };
}

/**
 * @param {readonly Mark[]} marks
 * @param {string} type
 * @param {{ kind?: string, text?: string }} [like]
 * @returns {Mark} the first one of this type, of this kind of step and with this text
 */
export function mark(marks, type, { kind, text } = {}) {
  const found = marks.find(
    (each) => each.type === type && (kind ?? each.kind) === each.kind && (text ?? each.text) === each.text,
  );
  if (!found) throw new Error(`this up never said: ${[type, kind, text].filter(Boolean).join(', ')}`);
  return found;
}

/** Each phase ends with what is said here, and begins where the one before it ends. */
const PHASES = [
  ['plan', 'plan'],
  ['preflight', 'step-started', { kind: 'create' }],
  ['create', 'step-done', { kind: 'create' }],
  ['prepare', 'step-progress', { kind: 'start', text: 'starting QEMU' }],
  ['spawn', 'step-progress', { kind: 'start', text: 'restoring its memory' }],
  ['restore', 'step-progress', { kind: 'start', text: 'attaching its shares' }],
  ['shares', 'step-progress', { kind: 'start', text: 'telling it who it is' }],
  ['settings', 'step-done', { kind: 'start' }],
];

/**
 * Where the time of a warm start goes, in milliseconds. SSH is waited for while the machine grows, so the two overlap.
 * @param {readonly Mark[]} marks
 * @param {number} wall
 * @returns {Record<string, number>}
 * @throws when the machine did not start warm
 */
export function phasesOf(marks, wall) {
  const phases = {};
  let from = 0;
  for (const [name, ...end] of PHASES) {
    const { ms } = mark(marks, ...end);
    phases[name] = ms - from;
    from = ms;
  }
  const grown = mark(marks, 'step-done', { kind: 'ready' }).ms;
  // Its connection may have been answered before anybody said that it is waited for.
  phases.SSH = Math.max(0, mark(marks, 'answered', { text: 'ssh' }).ms - from);
  phases['growth beside it'] = grown - mark(marks, 'step-progress', { text: 'growing memory, vCPUs and disk' }).ms;
  phases.after = wall - grown;
  return phases;
}
