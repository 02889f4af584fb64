/** Whether a guest is up, found out without any code of ours: it is what ours is measured against. */
import { existsSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Milliseconds. */
const LIMIT = 300_000;

/** A connection of JSON lines. @param {string} path */
async function lines(path) {
  const socket = createConnection(path);
  const waiting = new Set();
  const seen = [];
  let text = '';
  socket.setEncoding('utf8').on('data', (data) => {
    text += data;
    const whole = text.split('\n');
    text = whole.pop() ?? '';
    for (const line of whole) {
      const message = JSON.parse(line.replace(/^\u00ff/u, ''));
      seen.push(message);
      for (const wait of waiting) wait(message);
    }
  });
  let fail;
  const broken = new Promise((_, reject) => (fail = reject));
  broken.catch(() => undefined);
  socket.on('error', (error) => fail(error)).on('close', () => fail(new Error(`${path} was closed`)));
  await Promise.race([new Promise((resolve) => socket.once('connect', resolve)), broken]);
  return {
    send: (message) => socket.write(`${JSON.stringify(message)}\n`),
    /** The first message for which `wanted` holds, of those that came before as well. */
    until: (wanted) => {
      const before = seen.find(wanted);
      const come = new Promise((resolve) => waiting.add((message) => wanted(message) && resolve(message)));
      return before ? Promise.resolve(before) : Promise.race([come, broken]);
    },
    close: () => socket.destroy(),
  };
}

/** @param {string} path */
async function whenThere(path, limit) {
  for (const end = performance.now() + limit; !existsSync(path); await pause(2)) {
    if (performance.now() > end) throw new Error(`${path} did not appear`);
  }
}

/**
 * A monitor of QEMU that takes commands, as soon as it does.
 * @param {string} path
 */
export async function monitorOf(path) {
  await whenThere(path, 30_000);
  const qmp = await lines(path);
  await qmp.until((message) => 'QMP' in message);
  let last = 0;
  const execute = async (command, args = {}) => {
    const id = (last += 1);
    qmp.send({ execute: command, arguments: args, id });
    const reply = await qmp.until((message) => message.id === id);
    if ('error' in reply) throw new Error(`${command}: ${reply.error.desc}`);
    return reply.return;
  };
  await execute('qmp_capabilities');
  return { ...qmp, execute };
}

/**
 * Resolves when the guest agent has answered a ping.
 * @param {{ monitor: string, agent: string, port: string, chardev: string }} where sockets, and ids of the port and its chardev
 */
export async function agentAnswers({ monitor, agent, port, chardev }) {
  const qmp = await monitorOf(monitor);
  try {
    const all = await qmp.execute('query-chardev');
    const open = all.some((one) => one.label === chardev && one['frontend-open']);
    const opens = ({ event, data }) => event === 'VSERPORT_CHANGE' && data.id === port && data.open;
    if (!open) await qmp.until(opens);
    const guest = await lines(agent);
    guest.send({ execute: 'guest-ping' });
    await guest.until((message) => 'return' in message);
    guest.close();
  } finally {
    qmp.close();
  }
}

/**
 * Resolves when an SSH server greets on a port of the loopback. QEMU accepts from its start, and a packet that the guest
 * does not take yet is sent again only after seconds: so another connection is tried beside a silent one.
 * @param {number} port
 */
export async function sshGreets(port) {
  const sockets = [];
  const attempts = new Set();
  const knock = () => {
    const socket = createConnection({ host: '127.0.0.1', port });
    sockets.push(socket);
    const attempt = new Promise((resolve) => {
      socket.on('data', (data) => resolve(data.toString('latin1').startsWith('SSH-') ? 'greeted' : 'closed'));
      socket.on('error', () => resolve('closed')).on('close', () => resolve('closed'));
    });
    attempts.add(attempt);
    void attempt.then((outcome) => outcome === 'closed' && attempts.delete(attempt));
  };
  try {
    for (const end = performance.now() + LIMIT; performance.now() < end;) {
      knock();
      const outcome = await Promise.race([...attempts, pause(1000, 'silent')]);
      if (outcome === 'greeted') return;
      if (outcome === 'closed') await pause(25);
    }
    throw new Error(`no SSH server greeted on port ${port}`);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

/** A free TCP port of the loopback. @returns {Promise<number>} */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
