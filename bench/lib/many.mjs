/** Machines from one template, one after another: what does each take when others are there already? */
import { readFileSync } from 'node:fs';
import { summary } from './stats.mjs';
import { phasesOf, watchedUp } from './ups.mjs';

const GROUPS = [1, 4, 16];

/** The smallest that there is a template for. */
const SMALL = { cpus: 1, memory: '512MiB' };

/** MiB that must be free for each machine of the largest group: twice what it may take at most. */
const ROOM = 1024;

/** @param {string} text of /proc/meminfo @returns {number} MiB that can be had */
export const available = (text) => Number(/^MemAvailable:\s+(\d+) kB$/mu.exec(text)?.[1] ?? 0) / 1024;

/** @param {string} text of /proc/PID/smaps_rollup @returns {{ rss: number, pss: number }} MiB */
export function rollup(text) {
  const of = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'mu').exec(text)?.[1]) / 1024;
  return { rss: of('Rss'), pss: of('Pss') };
}

/** @param {number} free MiB @param {boolean} full whatever is free */
export const groupsFor = (free, full) => GROUPS.filter((group) => full || group <= 4 || group * ROOM <= free);

const memoryOf = (pid) => rollup(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));

/**
 * @param {import('./sandbox.mjs').Sandbox} sandbox
 * @param {{ full: boolean, say: (text: string) => void }} options
 */
export async function benchMany(sandbox, { full, say }) {
  const groups = groupsFor(available(readFileSync('/proc/meminfo', 'utf8')), full);
  const names = Array.from({ length: groups.at(-1) }, (_, n) => `m${n + 1}`);
  sandbox.declareAll(Object.fromEntries(names.map((name) => [name, SMALL])));
  await sandbox.clear();
  const pids = async () => {
    const { stdout } = await sandbox.ok(['ps', '--format', 'json']);
    return JSON.parse(stdout).machines.flatMap(({ pid }) => (pid ? [pid] : []));
  };
  try {
    say('the image and its template: not measured');
    await sandbox.ok(['up', names[0]]);
    await sandbox.clear();
    say('a small machine that boots');
    const { wall } = await watchedUp(sandbox, ['--cold', names[0]]);
    const cold = { wall, ...memoryOf((await pids())[0]) };
    await sandbox.clear();

    const ups = [];
    const held = {};
    for (const name of names) {
      say(`machine ${ups.length + 1} of ${names.length}`);
      const up = await watchedUp(sandbox, [name]);
      ups.push({ wall: up.wall, split: phasesOf(up.marks, up.wall) });
      if (groups.includes(ups.length)) held[ups.length] = (await pids()).map(memoryOf);
    }
    const one = (value) => summary([value]);
    const rows = groups.flatMap((group) => {
      const what = group === 1 ? 'the first of small machines' : `each of ${group}, one after another`;
      const memory = (name, shown) => ({
        what: `${what}: ${shown}`,
        unit: 'MiB',
        ours: summary(held[group].map((each) => each[name])),
        floor: one(cold[name]),
        floorName: 'booted',
        aim: null,
      });
      const time = {
        what: `${what}: warm up`,
        unit: 's',
        ours: summary(ups.slice(0, group).map((up) => up.wall / 1000)),
        floor: group === 1 ? one(cold.wall / 1000) : one(ups[0].wall / 1000),
        floorName: group === 1 ? 'cold up' : 'the first',
        aim: null,
      };
      return [time, memory('rss', 'RSS of QEMU'), memory('pss', 'PSS of QEMU')];
    });
    return { rows, cold, ups, memory: held };
  } finally {
    // The next one declares other machines.
    await sandbox.clear();
  }
}
