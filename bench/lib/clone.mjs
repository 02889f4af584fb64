/** A warm start of ours until its agent answers, against the same files restored into the same QEMU by hand. */
import {
  closeSync,
  copyFileSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  statSync,
} from 'node:fs';
import { writeSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { base, placesOf, socketOf } from './argv.mjs';
import { AGENT, keep, preparePlaces, startBare, startedAt } from './bare.mjs';
import { agentAnswers, monitorOf } from './ready.mjs';
import { summary } from './stats.mjs';
import { mark, watchedUp } from './ups.mjs';
import { medians, SHAPE } from './warm.mjs';

/**
 * The template that a machine was started from: of those with as much memory the one that was used last.
 * @param {string} images
 * @param {number} memory in bytes
 */
function templateOf(images, memory) {
  const root = join(images, 'templates');
  const found = readdirSync(root)
    .filter((name) => !name.startsWith('.') && !name.endsWith('.partial'))
    .map((name) => join(root, name))
    .map((dir) => ({ dir, index: JSON.parse(readFileSync(join(dir, 'memory.json'), 'utf8')) }))
    .filter(({ index }) => index.size === memory)
    .map((template) => ({ ...template, used: statSync(join(template.dir, 'manifest.json')).mtimeMs }))
    .sort((a, b) => b.used - a.used);
  if (!found[0]) throw new Error(`there is no template of ${memory} bytes in ${root}`);
  return found[0];
}

/** QEMU holds the memory of its guest open. @param {number} pid @param {number} size */
function openMemory(pid, size) {
  const dir = `/proc/${pid}/fd`;
  const fd = readdirSync(dir).find(
    (name) =>
      readlinkSync(join(dir, name)).startsWith('/memfd:memory-backend-memfd') &&
      statSync(join(dir, name)).size === size,
  );
  if (fd === undefined) throw new Error(`process ${pid} holds no memory of ${size} bytes`);
  return openSync(join(dir, fd), 'r+');
}

/** As plainly as it can be done, without checks. @param {number} pid @param {ReturnType<typeof templateOf>} template */
function loadMemory(pid, { dir, index }) {
  const memory = openMemory(pid, index.size);
  const file = openSync(join(dir, 'memory.bin'), 'r');
  const buffer = Buffer.allocUnsafe(Math.max(...index.runs.map(([, length]) => length)));
  for (const [offset, length] of index.runs) {
    if (readSync(file, buffer, 0, length, null) !== length) throw new Error('memory.bin is too short');
    writeSync(memory, buffer, 0, length, offset);
  }
  for (const fd of [file, memory]) closeSync(fd);
}

/**
 * Milliseconds since its start until QEMU, its restored state and the agent are there.
 * @param {ReturnType<typeof keep>} machine
 * @param {ReturnType<typeof templateOf>} template
 * @returns {Promise<{ qemu: number, memory: number, state: number, agent: number }>}
 */
async function cloneBare(machine, template) {
  const to = await preparePlaces(machine);
  copyFileSync(join(template.dir, 'disk'), join(to.state, placesOf(machine.argv).name));
  const state = readFileSync(join(template.dir, 'state'));
  const there = (id) => socketOf(machine.argv, id).replace(`${placesOf(machine.argv).run}/`, `${to.run}/`);
  const migration = join(to.run, 'migrate.sock');

  const begin = performance.now();
  const at = {};
  const reached = (what) => (at[what] = performance.now() - begin);
  const bare = startBare(machine, to);
  try {
    const restore = async () => {
      const qmp = await monitorOf(there('qmp-control'));
      reached('qemu');
      const capabilities = [{ capability: 'x-ignore-shared', state: true }];
      await qmp.execute('migrate-set-capabilities', { capabilities });
      loadMemory(bare.pid, template);
      reached('memory');
      await qmp.execute('migrate-incoming', { uri: `unix:${migration}` });
      createConnection(migration).end(state);
      while ((await qmp.execute('query-status')).status === 'inmigrate') await pause(1);
      await qmp.execute('cont');
      reached('state');
      qmp.close();
      await agentAnswers({ monitor: there('qmp-events'), agent: there('agent'), ...AGENT });
      reached('agent');
    };
    await Promise.race([restore(), bare.died]);
    return /** @type {any} */ (at);
  } finally {
    await bare.end();
  }
}

/**
 * @param {import('./sandbox.mjs').Sandbox} sandbox
 * @param {{ warms: number, say: (text: string) => void }} options how many of each kind
 */
export async function benchClone(sandbox, { warms, say }) {
  // Nothing but the machine: what is attached and declared beside it is no part of a clone.
  sandbox.declare(SHAPE);
  await sandbox.clear();
  say('a warm start, and its template: not measured');
  await sandbox.ok(['up']);
  await sandbox.clear();

  const samples = { ours: [], bare: [] };
  let machine;
  let template;
  const up = async () => {
    say(`warm up ${samples.ours.length + 1} of ${warms}`);
    const { marks } = await watchedUp(sandbox);
    const { pid } = await sandbox.machine();
    const start = startedAt(pid);
    const since = (...what) => mark(marks, ...what).uptime - start;
    samples.ours.push({
      qemu: since('step-progress', { text: 'restoring its memory' }),
      state: since('step-progress', { text: 'attaching its shares' }),
      agent: since('answered', { text: 'agent' }),
    });
    machine ??= keep(pid, join(sandbox.dir, 'bare'));
    template ??= templateOf(sandbox.env.AI_VM_IMAGES, base(machine.argv));
    await sandbox.clear();
  };
  const bare = async () => {
    say(`bare clone ${samples.bare.length + 1} of ${warms}`);
    samples.bare.push(await cloneBare(machine, template));
  };
  // ABBA: what changes with time hits both alike.
  for (let round = 0; round < warms; round += 1)
    for (const clone of round % 2 === 0 ? [up, bare] : [bare, up]) await clone();

  const of = (kind) => summary(samples[kind].map(({ agent }) => agent / 1000));
  const row = {
    what: 'warm up, from the start of QEMU until its agent answers',
    unit: 's',
    ours: of('ours'),
    floor: of('bare'),
    floorName: 'bare QEMU',
    aim: { ratio: 1.15 },
  };
  return { rows: [row], ...samples, reached: { ours: medians(samples.ours), bare: medians(samples.bare) } };
}
