/** A change that is saved, until the guest that runs has it; against stopping the machine and starting it with the same change. */
import { spawn } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './ready.mjs';
import { VM } from './sandbox.mjs';
import { summary } from './stats.mjs';

/** What every machine of this section is before a change. */
const BEFORE = { cpus: 2, memory: '2GiB', storage: '8GiB', warm: true };

/** A watch that runs, as a source of things that happened. @param {import('./sandbox.mjs').Sandbox} sandbox */
function startWatch(sandbox) {
  const [program, ...args] = sandbox.argv(['watch', '--progress', 'json']);
  const child = spawn(program, args, { ...sandbox.around, stdio: ['ignore', 'ignore', 'pipe'] });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  let text = '';
  let seen = 0;
  const events = [];
  /** @type {Set<() => void>} */
  const waiting = new Set();
  child.stderr.on('data', (data) => {
    text += data;
    for (let end = text.indexOf('\n', seen); end >= 0; end = text.indexOf('\n', seen)) {
      const line = text.slice(seen, end);
      seen = end + 1;
      if (line.startsWith('{')) events.push({ ...JSON.parse(line), ms: performance.now() });
    }
    for (const wake of waiting) wake();
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  /** Resolves with the first event from `from` on that is one of these kinds. */
  const next = (from, kinds) =>
    new Promise((resolve, reject) => {
      const look = () => {
        const found = events.slice(from).find((event) => event.type === 'watch' && kinds.includes(event.kind));
        if (!found) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
      void ended.then(() => reject(new Error(`the watch has ended: ${text}`)));
    });
  const end = async () => {
    child.kill('SIGTERM');
    await ended;
    process.off('exit', kill);
  };
  return { next, count: () => events.length, end };
}

/** As most editors save. @param {import('./sandbox.mjs').Sandbox} sandbox */
function save(sandbox, fields) {
  const path = join(sandbox.project, 'ai-vm.yaml');
  const vms = { [VM]: { ...BEFORE, ...fields } };
  writeFileSync(`${path}.new`, JSON.stringify({ name: 'bench', vms }));
  renameSync(`${path}.new`, path);
}

const inGuest = async (sandbox, script) => (await sandbox.ok(['exec', VM, '--', 'sh', '-c', script])).stdout.trim();

/**
 * Each change, what proves it in the guest or on the host, and what it is aimed at (seconds).
 * @param {number} port
 */
const changes = (port) => [
  { what: 'a port', fields: { ports: [`${port}:8080`] }, proof: `true`, most: 0.5 },
  { what: 'a share', fields: { shares: ['./shared:ro'] }, proof: 'mountpoint -q /mnt/host-ro/shared', most: 2 },
  {
    what: '+1 GiB of memory',
    fields: { memory: '3GiB' },
    proof: `[ "$(awk '/MemTotal/ {print $2}' /proc/meminfo)" -gt 2600000 ]`,
    most: 2,
  },
  { what: '+1 vCPU', fields: { cpus: 3 }, proof: '[ "$(nproc)" = 3 ]', most: 2 },
  {
    what: '+10 GiB of disk',
    fields: { storage: '18GiB' },
    proof: `[ "$(df -k --output=size / | tail -1)" -gt 15000000 ]`,
    most: 2,
  },
];

/**
 * @param {import('./sandbox.mjs').Sandbox} sandbox
 * @param {{ runs: number, boots: number, say: (text: string) => void }} options how often each change is made, and restarts
 */
export async function benchLive(sandbox, { runs, boots, say }) {
  const all = changes(await freePort());
  const samples = Object.fromEntries(all.map(({ what }) => [what, { live: [], restart: [] }]));
  save(sandbox, {});
  await sandbox.clear();
  await sandbox.ok(['up']);
  const boot = 'cat /proc/sys/kernel/random/boot_id';
  const prove = async ({ what, proof }) => {
    await inGuest(sandbox, proof).catch((error) => {
      throw new Error(`${what} is not in the guest: ${error.message}`);
    });
  };
  const live = async (watch) => {
    const before = await inGuest(sandbox, boot);
    for (const change of all) {
      say(`live: ${change.what}`);
      const from = watch.count();
      const begin = performance.now();
      save(sandbox, change.fields);
      const done = await watch.next(from, ['did', 'failed', 'waits', 'held', 'broken']);
      if (done.kind !== 'did') throw new Error(`${change.what}: ${done.message}`);
      samples[change.what].live.push(done.ms - begin);
      await prove(change);
      // A disk never shrinks: the next one begins with a new machine.
      if (change.fields.storage) break;
      const back = watch.count();
      save(sandbox, {});
      await watch.next(back, ['did', 'failed']);
    }
    if ((await inGuest(sandbox, boot)) !== before) throw new Error('the guest has booted meanwhile');
  };
  try {
    for (let run = 0; run < runs; run += 1) {
      const watch = startWatch(sandbox);
      try {
        await watch.next(0, ['note', 'did']);
        await live(watch);
      } finally {
        await watch.end();
      }
      save(sandbox, {});
      await sandbox.clear();
      await sandbox.ok(['up']);
    }
    for (let run = 0; run < boots; run += 1) {
      for (const change of all) {
        say(`stopped and started: ${change.what}`);
        save(sandbox, change.fields);
        const begin = performance.now();
        await sandbox.ok(['down']);
        await sandbox.ok(['up']);
        samples[change.what].restart.push(performance.now() - begin);
        await prove(change);
      }
    }
  } finally {
    await sandbox.clear();
  }
  const seconds = (list) => summary(list.map((ms) => ms / 1000));
  const rows = all.map(({ what, most }) => ({
    what: `saved until done: ${what}`,
    unit: 's',
    ours: seconds(samples[what].live),
    floor: seconds(samples[what].restart),
    floorName: 'down, up',
    aim: { most },
  }));
  return { rows, samples };
}
