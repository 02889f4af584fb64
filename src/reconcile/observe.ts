/** What is true now of one machine: read from QEMU, /proc and the disk. Takes no lock and starts no process. */
import { readFile } from 'node:fs/promises';
import { cmdline, identify, isOfThisUser } from '../host/processes.ts';
import { readState } from '../host/files.ts';
import { AiVmError } from '../model/errors.ts';
import type { Applied, Identity, MachinePaths, ProcessId } from '../model/machine.ts';
import { NO_SIGHTINGS, type Observed, type Sightings } from '../model/observed.ts';
import type { MachineState } from '../model/plan.ts';
import { readQcow2 } from '../qemu/qcow2.ts';
import { Qmp } from '../qemu/qmp.ts';
import { parseUsernet } from '../qemu/usernet.ts';

/** Each reading command has this long (milliseconds): a QEMU that hangs must not hang `ps`. */
const PATIENCE = 2000;

const optionOf = (argv: readonly string[], option: string): string | undefined => {
  const at = argv.indexOf(option);
  return at < 0 ? undefined : argv[at + 1];
};

/**
 * The QEMU of this machine, if it runs. A pid file alone proves nothing: the pid may belong to another process by now, so
 * the process must carry the machine's UUID among its arguments; where that has been lost, the pid file that it wrote.
 */
async function findProcess(
  paths: MachinePaths,
  identity: Identity | null,
): Promise<{ process: ProcessId; argv: string[] } | null> {
  const text = await readFile(paths.pidFile, 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  if (!Number.isInteger(pid) || pid <= 1) return null;
  // In this order: should the pid change hands in between, what was identified is gone, and nothing is ever done to it.
  const process = await identify(pid);
  const [argv, mine] = await Promise.all([cmdline(pid), isOfThisUser(pid)]);
  if (!process || !argv || !mine) return null;
  const ours = identity ? optionOf(argv, '-uuid') === identity.uuid : optionOf(argv, '-pidfile') === paths.pidFile;
  return ours ? { process, argv } : null;
}

async function connectReader(paths: MachinePaths): Promise<Qmp> {
  try {
    return await Qmp.connect(paths.qmp.read[0], { timeout: PATIENCE / 4 });
  } catch (error) {
    // A monitor serves one client: another `ps` may hold the first one.
    if (error instanceof AiVmError && error.code === 'qmp.timeout') {
      return Qmp.connect(paths.qmp.read[1], { timeout: PATIENCE });
    }
    throw error;
  }
}

interface Look {
  readonly state: MachineState;
  readonly problem: string | null;
  readonly sightings: Sightings;
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

const list = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.map(record) : []);

const bytes = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null);

/** Virtual size of the disk that takes the guest's writes. */
function storageOf(blocks: unknown): number | null {
  const nodes = list(blocks);
  const find = (device: string): Record<string, unknown> | undefined =>
    nodes.find((node) => String(node['qdev']).includes(device));
  const image = record(record((find('disk-scratch') ?? find('disk-root'))?.['inserted'])['image']);
  return bytes(image['virtual-size']);
}

/** States of QEMU in which the guest's CPUs stand still, and why, where nobody has asked for it. */
const HELD: Readonly<Record<string, string | null>> = {
  paused: null,
  'io-error':
    'it stands still since its disk could not be written: is this host’s disk full? Make room, then ai-vm restart',
  'internal-error': 'it stands still since QEMU could not go on with it: ai-vm restart',
  'guest-panicked': 'its kernel has panicked: ai-vm logs, then ai-vm restart',
};

async function look(qmp: Qmp, identity: Identity, argv: readonly string[]): Promise<Look> {
  const ask = (command: string): Promise<unknown> => qmp.execute(command, {}, { timeout: PATIENCE });
  const [status, uuid, cpus, memory, blocks, chardevs, usernet] = await Promise.all([
    ask('query-status'),
    ask('query-uuid'),
    ask('query-cpus-fast'),
    ask('query-memory-size-summary'),
    ask('query-block'),
    ask('query-chardev'),
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
  const size = record(memory);
  const base = bytes(size['base-memory']);
  return {
    state: held ? 'paused' : agent?.['frontend-open'] === true ? 'running' : 'starting',
    problem: held ? (HELD[run] ?? null) : null,
    sightings: {
      cpus: Array.isArray(cpus) ? cpus.length : null,
      memory: base === null ? null : base + (bytes(size['plugged-memory']) ?? 0),
      storage: storageOf(blocks),
      forwards: parseUsernet(usernet),
      argv,
    },
  };
}

/**
 * Never rejects for a machine that is broken: its state is then `unknown`, and `problem` says why.
 * @param vm name of the machine
 */
export async function observe(vm: string, paths: MachinePaths): Promise<Observed> {
  const [identity, applied, disk] = await Promise.all([
    readState<Identity>(paths.identity, isIdentity),
    readState<Applied>(paths.applied, isApplied),
    readQcow2(paths.disk).catch(() => null),
  ]);
  const known = {
    vm,
    identity: identity.value,
    applied: applied.value,
    diskSize: disk?.virtualSize ?? null,
    process: null,
    sightings: NO_SIGHTINGS,
    problem: null,
  };
  const found = await findProcess(paths, identity.value);
  if (!identity.value) {
    const lost = `its identity.json is ${identity.problem ?? 'missing'}`;
    // Never a second QEMU on its disk, which a new identity would not recognise as the first one's.
    if (found) return { ...known, process: found.process, state: 'unknown', problem: `${lost}, and its QEMU runs` };
    if (!disk) return { ...known, state: 'absent' };
    return {
      ...known,
      state: 'stopped',
      problem: `${lost}; a new one is made at the next start`,
    };
  }
  if (!found) {
    const state = applied.value && !applied.value.stopped ? 'dead' : 'stopped';
    return { ...known, state };
  }
  const alive = { ...known, process: found.process };
  let qmp: Qmp | undefined;
  try {
    qmp = await connectReader(paths);
    return { ...alive, ...(await look(qmp, identity.value, found.argv)) };
  } catch (error) {
    return { ...alive, state: 'unknown', problem: error instanceof Error ? error.message : String(error) };
  } finally {
    qmp?.close();
  }
}

function isIdentity(value: unknown): value is Identity {
  const it = record(value);
  return (
    it['formatVersion'] === 1 &&
    typeof it['uuid'] === 'string' &&
    typeof it['machineId'] === 'string' &&
    typeof it['mac'] === 'string' &&
    typeof it['publicKey'] === 'string' &&
    typeof it['hostKey'] === 'string'
  );
}

function isApplied(value: unknown): value is Applied {
  const it = record(value);
  return (
    it['formatVersion'] === 1 &&
    typeof record(it['config'])['name'] === 'string' &&
    typeof it['image'] === 'string' &&
    typeof it['sshPort'] === 'number' &&
    Array.isArray(it['provisioned'])
  );
}
