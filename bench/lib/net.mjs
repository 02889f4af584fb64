/**
 * What a gateway costs: a guest with two cards, one behind its gateway and one on QEMU's user-mode network, reaches the same server
 * of this host by turns, and so does the host itself.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { socketOf } from './argv.mjs';
import { timed } from './measure.mjs';
import { monitorOf } from './ready.mjs';
import { VM } from './sandbox.mjs';
import { summary } from './stats.mjs';

const CLIENT = join(import.meta.dirname, 'net-client.pl');
/** The second card's network, which is not that of the first one. */
const SLIRP = { net: '10.0.9.0/24', host: '10.0.9.2', guest: '10.0.9.15/24' };

/** Per measurement: MiB, or connections one after the other. */
const AMOUNTS = { out: 32, in: 32, connections: 100 };
const WHAT = {
  out: `${AMOUNTS.out} MiB out of the guest`,
  in: `${AMOUNTS.in} MiB into the guest`,
  connections: `${AMOUNTS.connections} connections of the guest, one after the other`,
};

/** Does what the first line of a connection says: `out`: swallows all, `in MIB`: gives so many, anything else: answers. */
function serve() {
  const piece = Buffer.alloc(2 ** 20, 'x');
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (data) => {
      const [what, count] = data.toString('latin1', 0, 32).split(/\s/u);
      if (what === 'out') socket.resume().on('end', () => socket.end('done'));
      else if (what === 'in') {
        let left = Number(count);
        const give = () => {
          while (left > 0 && socket.write(piece)) left -= 1;
          if (left === 0) socket.end();
          else left -= 1;
        };
        socket.on('drain', give);
        give();
      } else socket.end('hello');
    });
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

/** A card on QEMU's user-mode network, beside the one that the machine has. @param {import('./sandbox.mjs').Sandbox} sandbox */
async function addCard(sandbox) {
  const { pid } = await sandbox.machine();
  const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  const ports = argv.flatMap((word) => /^pcie-root-port,id=([^,]+)/.exec(word)?.[1] ?? []);
  const qmp = await monitorOf(socketOf(argv, 'qmp-events'));
  try {
    await qmp.execute('netdev_add', { type: 'user', id: 'bench0', net: SLIRP.net });
    await qmp.execute('device_add', { driver: 'virtio-net-pci', netdev: 'bench0', bus: ports.at(-1), id: 'benchnic' });
  } finally {
    qmp.close();
  }
  const address = `until card=$(ls /sys/class/net | grep -v -x -e lo -e eth0 | grep .); do sleep 0.2; done
ip link set $card up; ip addr add ${SLIRP.guest} dev $card`;
  await sandbox.ok(['exec', VM, '--', 'sudo', 'sh', '-ec', address]);
}

/** @param {import('./sandbox.mjs').Sandbox} sandbox @param {{ runs: number, say: (text: string) => void }} options */
export async function benchNet(sandbox, { runs, say }) {
  const server = await serve();
  try {
    const { port } = server.address();
    sandbox.declare({ network: { allow_host: [String(port)], egress: 'none' } });
    await sandbox.clear();
    await sandbox.ok(['up', '--approve']);
    await addCard(sandbox);
    await sandbox.ok(['cp', CLIENT, `${VM}:/tmp/net-client.pl`]);
    const inGuest = async (host, what) => {
      const words = ['perl', '/tmp/net-client.pl', what, host, String(port), String(AMOUNTS[what])];
      return Number((await sandbox.ok(['exec', VM, '--', ...words])).stdout);
    };
    const ways = {
      gateway: (what) => inGuest('10.0.2.2', what),
      slirp: (what) => inGuest(SLIRP.host, what),
      loopback: async (what) =>
        Number((await timed(['perl', CLIENT, what, '127.0.0.1', String(port), String(AMOUNTS[what])])).stdout),
    };
    const samples = {};
    for (const what of Object.keys(AMOUNTS)) {
      samples[what] = { gateway: [], slirp: [], loopback: [] };
      // The first round is not measured. ABBA: what changes with time hits all alike.
      for (let run = -1; run < runs; run += 1) {
        say(`${WHAT[what]}, ${run + 1} of ${runs}`);
        const names = Object.keys(ways);
        for (const name of run % 2 === 0 ? names : names.reverse()) {
          const ms = await ways[name](what);
          if (run >= 0) samples[what][name].push(ms);
        }
      }
    }
    const row = (what, floor, floorName, aim) => ({
      what: WHAT[what],
      unit: 'ms',
      ours: summary(samples[what].gateway),
      floor: summary(samples[what][floor]),
      floorName,
      aim,
    });
    const all = Object.keys(AMOUNTS);
    const rows = [
      ...all.map((what) => row(what, 'slirp', 'user-mode network', { ratio: 2 })),
      ...all.map((what) => row(what, 'loopback', 'the host’s loopback', null)),
    ];
    return { rows, samples };
  } finally {
    server.close();
    await sandbox.clear().catch(() => undefined);
  }
}
