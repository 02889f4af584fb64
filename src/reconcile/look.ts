/** What QEMU says of a machine that runs: its hardware as it is now. Reads and changes nothing. */
import { AiVmError } from '../model/errors.ts';
import type { Applied, Identity } from '../model/machine.ts';
import type { SeenGateway } from '../model/network.ts';
import type { SeenPlug, SeenShare, Sightings } from '../model/observed.ts';
import type { MachineState } from '../model/plan.ts';
import type { Monitor } from '../qemu/qmp.ts';
import { openFlows, parseUsernet, sshPortOf } from '../qemu/usernet.ts';

/** Each reading command has this long (milliseconds): a QEMU that hangs must not hang `ps`. */
const PATIENCE = 2000;

export interface Look {
  readonly state: MachineState;
  readonly halfRestored: boolean;
  readonly problem: string | null;
  readonly sightings: Sightings;
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

const list = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.map(record) : []);

const bytes = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null);

/**
 * What the guest was asked to plug in, in bytes. How much of it the guest has taken is its own affair: one that boots has taken
 * nothing yet.
 */
function askedFor(devices: unknown): number {
  const sizes = list(devices).map(
    ({ data }) => bytes(record(data)['requested-size']) ?? bytes(record(data)['size']) ?? 0,
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** The disk that takes the guest's writes: its virtual size, and its node. */
function rootOf(blocks: unknown): { storage: number | null; rootNode: string | null } {
  const nodes = list(blocks);
  const find = (device: string): Record<string, unknown> | undefined =>
    nodes.find((node) => String(node['qdev']).includes(device));
  const inserted = record((find('disk-scratch') ?? find('disk-root'))?.['inserted']);
  const node = inserted['node-name'];
  return {
    storage: bytes(record(inserted['image'])['virtual-size']),
    rootNode: typeof node === 'string' ? node : null,
  };
}

function plugOf(base: number | null, devices: unknown): SeenPlug | null {
  const [device] = list(devices).map(({ data }) => record(data));
  const [taken, room] = [bytes(device?.['size']), bytes(device?.['max-size'])];
  return base === null || taken === null || room === null ? null : { base, taken, room };
}

/** Devices of shares, each with whether its server is there. */
async function sharesOf(ask: Ask, devices: unknown, chardevs: unknown): Promise<SeenShare[]> {
  const found = list(devices).flatMap(({ name, type }) => {
    const place = String(type).includes('vhost-user-fs') ? /^share(\d{1,3})$/.exec(String(name)) : null;
    return place ? [Number(place[1])] : [];
  });
  return Promise.all(
    found.map(async (place) => {
      const tag = await ask('qom-get', { path: `/machine/peripheral/share${place}`, property: 'tag' });
      const chardev = list(chardevs).find((each) => each['label'] === `fs${place}`);
      const served = chardev !== undefined && !String(chardev['filename']).startsWith('disconnected:');
      return { place, tag: String(tag), served };
    }),
  );
}

/** Places of what was to be a share, or has been one. */
function remainsOf(shares: readonly SeenShare[], chardevs: unknown, servers: readonly number[]): number[] {
  const ways = list(chardevs).flatMap(({ label }) => {
    const place = /^fs(\d{1,3})$/.exec(String(label));
    return place ? [Number(place[1])] : [];
  });
  const used = new Set(shares.map(({ place }) => place));
  return [...new Set([...ways, ...servers])].filter((place) => !used.has(place)).sort((a, b) => a - b);
}

/** States of QEMU in which the guest's CPUs stand still, and why, where nobody has asked for it. */
const HELD: Readonly<Record<string, string | null>> = {
  paused: null,
  'io-error':
    'it stands still since its disk could not be written: is this host’s disk full? Make room, then ai-vm restart',
  'internal-error': 'it stands still since QEMU could not go on with it: ai-vm restart',
  'guest-panicked': 'its kernel has panicked: ai-vm logs, then ai-vm restart',
};

/** The state of a QEMU that waits for, or reads, the memory of a template; then it is `paused`. */
const RESTORING = 'inmigrate';

type Ask = (command: string, args?: Readonly<Record<string, unknown>>) => Promise<unknown>;

/**
 * @param identity whose QEMU this has to be
 * @param argv the arguments of its process
 * @param servers places of shares that have a server which lives
 * @param gateway what was seen of its gateway
 * @throws AiVmError `qmp.failed` when it is another machine's, and what its monitor rejects with
 */
export async function look(
  qmp: Monitor,
  identity: Pick<Identity, 'uuid'>,
  argv: readonly string[],
  applied: Applied | null,
  servers: readonly number[],
  gateway: SeenGateway | null = null,
): Promise<Look> {
  const ask: Ask = (command, args = {}) => qmp.execute(command, args, { timeout: PATIENCE });
  const [status, uuid, cpus, memory, devices, blocks, chardevs, peripherals, usernet] = await Promise.all([
    ask('query-status'),
    ask('query-uuid'),
    ask('query-cpus-fast'),
    ask('query-memory-size-summary'),
    ask('query-memory-devices'),
    ask('query-block'),
    ask('query-chardev'),
    ask('qom-list', { path: '/machine/peripheral' }),
    qmp.hmp('info usernet', { timeout: PATIENCE }),
  ]);
  if (record(uuid)['UUID'] !== identity.uuid) {
    throw new AiVmError('qmp.failed', 'the QEMU at this socket is not this machine', {
      why: `its UUID is ${String(record(uuid)['UUID'])}`,
    });
  }
  const agent = list(chardevs).find((c) => c['label'] === 'agent');
  const run = String(record(status)['status']);
  const held = Object.hasOwn(HELD, run);
  // A warm start that has not come to its end.
  const halfRestored = run === RESTORING || applied?.settled === false;
  const shares = await sharesOf(ask, peripherals, chardevs);
  const size = record(memory);
  const base = bytes(size['base-memory']);
  return {
    state: halfRestored ? 'starting' : held ? 'paused' : agent?.['frontend-open'] === true ? 'running' : 'starting',
    halfRestored,
    problem: held && !halfRestored ? (HELD[run] ?? null) : null,
    sightings: {
      cpus: Array.isArray(cpus) ? cpus.length : null,
      memory: base === null ? null : base + askedFor(devices),
      ...rootOf(blocks),
      forwards: parseUsernet(usernet),
      flows: openFlows(usernet) + (gateway?.is === 'there' ? gateway.connections : 0),
      gateway,
      sshPort: applied?.sshPort ?? sshPortOf(argv),
      shares,
      remains: remainsOf(shares, chardevs, servers),
      plug: plugOf(base, devices),
      argv,
    },
  };
}
