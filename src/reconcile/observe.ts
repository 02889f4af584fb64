/** What is true now of one machine: read from QEMU, /proc and the disk. Takes no lock and starts no process. */
import { lstat, readdir, readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { seeGateway } from '../host/gateway.ts';
import { placesServed } from '../host/helpers.ts';
import { cmdline, identify, isOfThisUser } from '../host/processes.ts';
import { readState } from '../host/files.ts';
import { AiVmError, messageOf } from '../model/errors.ts';
import type { Applied, Identity, MachinePaths, ProcessId } from '../model/machine.ts';
import { NO_SIGHTINGS, type Observed } from '../model/observed.ts';
import type { MachineState } from '../model/plan.ts';
import { readQcow2 } from '../qemu/qcow2.ts';
import { Qmp } from '../qemu/qmp.ts';
import { look } from './look.ts';

/** So long a monitor that somebody else holds is waited for (milliseconds). */
const PATIENCE = 2000;

const optionOf = (argv: readonly string[], option: string): string | undefined => {
  const at = argv.indexOf(option);
  return at < 0 ? undefined : argv[at + 1];
};

/**
 * The QEMU of this machine, if it runs. A pid file alone proves nothing: the pid may belong to another process by now, so
 * the process must carry the machine's UUID among its arguments; where that has been lost, the pid file that it wrote.
 */
export async function findQemu(
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

/** How long the agent may take (milliseconds): somebody else may be talking to it. */
const AGENT_PATIENCE = 1000;

/** Asked only of a machine that was changed while it ran: all others boot as they were started. */
async function hasRebooted(state: MachineState, paths: MachinePaths, bootId: string | undefined): Promise<boolean> {
  if (bootId === undefined) return false;
  // It answered when it was changed, and does not now.
  if (state === 'starting') return true;
  if (state !== 'running') return false;
  const { readBootId } = await import('../guest/boot-id.ts');
  const now = await readBootId(paths.agent, AGENT_PATIENCE).catch(() => bootId);
  return now !== bootId;
}

const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

/** Of a machine that has never been, and of one that was removed. */
const NOTHING: Omit<Observed, 'vm'> = {
  ...{ state: 'absent', process: null, identity: null, applied: null, diskSize: null, sightings: NO_SIGHTINGS },
  ...{ halfRestored: false, rebooted: false, suspended: false, problem: null },
};

/** A machine on this host. */
export interface Located {
  readonly vm: string;
  readonly paths: MachinePaths;
}

/** The same as observe, of many: directories that hold machines are read once, and those that are not there cost nothing. */
export async function observeAll(machines: readonly Located[]): Promise<Observed[]> {
  const parents = new Map<string, Set<string> | null>();
  const known = new Set(machines.flatMap(({ paths }) => [dirname(paths.dir), dirname(paths.run)]));
  await Promise.all(
    [...known].map(async (dir) => {
      // One that cannot be read may hold anything.
      const names = await readdir(dir).catch((error: unknown) =>
        (error as { code?: string }).code === 'ENOENT' ? [] : null,
      );
      parents.set(dir, names && new Set(names));
    }),
  );
  const mayBe = (path: string): boolean => parents.get(dirname(path))?.has(basename(path)) ?? true;
  return Promise.all(
    machines.map(({ vm, paths }) =>
      mayBe(paths.dir) || mayBe(paths.run) ? observe(vm, paths) : Promise.resolve({ ...NOTHING, vm }),
    ),
  );
}

/**
 * Never rejects for a machine that is broken: its state is then `unknown`, and `problem` says why.
 * @param vm name of the machine
 */
export async function observe(vm: string, paths: MachinePaths): Promise<Observed> {
  if (!(await isThere(paths.dir)) && !(await isThere(paths.run))) return { ...NOTHING, vm };
  const [identity, applied, disk, suspended] = await Promise.all([
    readState<Identity>(paths.identity, isIdentity),
    readState<Applied>(paths.applied, isApplied),
    readQcow2(paths.disk).catch(() => null),
    isThere(paths.suspended),
  ]);
  const known = {
    ...NOTHING,
    ...{ vm, identity: identity.value, applied: applied.value, diskSize: disk?.virtualSize ?? null, suspended },
  };
  const found = await findQemu(paths, identity.value);
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
    const [servers, gateway] = await Promise.all([placesServed(paths.helpers), seeGateway(paths.run, found.argv)]);
    const seen = await look(qmp, identity.value, found.argv, applied.value, servers, gateway);
    return { ...alive, ...seen, rebooted: await hasRebooted(seen.state, paths, applied.value?.bootId) };
  } catch (error) {
    return { ...alive, state: 'unknown', problem: messageOf(error) };
  } finally {
    qmp?.close();
  }
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

export function isIdentity(value: unknown): value is Identity {
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

export function isApplied(value: unknown): value is Applied {
  const it = record(value);
  return (
    it['formatVersion'] === 1 &&
    typeof record(it['config'])['name'] === 'string' &&
    typeof it['image'] === 'string' &&
    typeof it['sshPort'] === 'number' &&
    Array.isArray(it['provisioned'])
  );
}
