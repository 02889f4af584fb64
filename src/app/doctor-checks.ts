/** Single checks of `doctor`, beside programs and what QEMU can do. */
import { access, constants, readFile, stat } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { execa } from 'execa';
import { bundlePath } from '../host/code.ts';
import { isPortFree } from '../host/ports.ts';
import { askGateway } from '../host/gateway.ts';
import { messageOf } from '../model/errors.ts';
import { observe } from '../reconcile/observe.ts';
import type { Context } from './context.ts';
import type { Check } from './doctor.ts';
import { ls } from './ls.ts';

export const ok = (name: string, found: string): Check => ({
  ...{ name, verdict: 'ok', found, cost: null, fix: null, command: null },
});

const worse = (
  name: string,
  found: string,
  cost: string,
  fix: string | null,
  command: readonly string[] | null = null,
): Check => ({ name, verdict: 'worse', found, cost, fix, command });

/** What stands before a command that only root may run. */
export const asRoot = (): string[] => (process.getuid?.() === 0 ? [] : ['sudo']);

/** Drivers that make no sound that anybody hears. */
const SILENT = new Set(['none', 'wav', 'dbus', 'spice']);

export function checkAudio(drivers: readonly string[]): Check {
  const found = drivers.join(', ') || 'none';
  if (drivers.some((driver) => !SILENT.has(driver))) return ok('audio', found);
  return worse('audio', found, 'no sound from machines with `audio`', 'Install the audio modules of QEMU.');
}

/** Windows that QEMU can open: parts of it that distributions package apart. */
export async function checkDisplays(binary: string): Promise<Check> {
  const { stdout } = await execa(binary, ['-display', 'help'], { reject: false, stdin: 'ignore', timeout: 10_000 });
  const windows = ['gtk', 'sdl', 'spice-app', 'cocoa'].filter((name) => new RegExp(`^${name}$`, 'm').test(stdout));
  return ok('windows', windows.join(', ') || 'none: QEMU has no module for one, and nothing needs it');
}

const LIMITS = [
  { name: 'max_user_watches', least: 8192, better: 524_288 },
  { name: 'max_user_instances', least: 128, better: 1024 },
] as const;

/** What ai-vm watch needs of the kernel to be told of changes. */
export async function checkInotify(dir = '/proc/sys/fs/inotify'): Promise<Check[]> {
  const checks = await Promise.all(
    LIMITS.map(async ({ name, least, better }) => {
      const value = Number(await readFile(`${dir}/${name}`, 'utf8').catch(() => 'NaN'));
      const title = `inotify ${name.replace('max_user_', '')}`;
      if (!Number.isFinite(value)) return [];
      if (value >= least) return [ok(title, String(value))];
      const command = [...asRoot(), 'sysctl', `fs.inotify.${name}=${better}`];
      const cost = 'ai-vm watch looks at files twice a second when they run out';
      return [worse(title, String(value), cost, command.join(' '), command)];
    }),
  );
  return checks.flat();
}

export async function checkGroups(device = '/dev/kvm'): Promise<Check> {
  const seen = await stat(device).catch(() => null);
  if (!seen) return ok('groups', `there is no ${device} to be allowed`);
  const may = await access(device, constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
  if (may) return ok('groups', `${device} may be opened`);
  const fix = 'sudo usermod -aG kvm "$USER", then log in anew';
  return worse('groups', `${device} may not be opened`, 'guests are emulated, some ten times slower', fix);
}

/** Machines that should run and do not, and projects whose directory is gone. */
export async function checkStale(): Promise<Check> {
  const projects = await ls(false);
  const gone = projects.filter((project) => !project.exists);
  const dead = projects.flatMap(({ project, machines }) =>
    machines.filter(({ state }) => state === 'dead').map(({ name }) => `${project}/${name}`),
  );
  const first = gone[0];
  if (first) {
    const fix = `ai-vm down -p ${first.project}, then ai-vm rm -p ${first.project}; or ai-vm prune --orphans`;
    return worse('stale machines', `${gone.length} of projects that are gone`, 'they take up space, and may run', fix);
  }
  if (dead.length === 0) return ok('stale machines', 'none');
  const fix = 'ai-vm up in the project brings them back, ai-vm down puts them away';
  return worse('stale machines', `${dead.join(', ')} died`, 'they do not run, and nobody has stopped them', fix);
}

/** A service of this host's loopback, for as long as `work` goes on. @returns whether anybody has reached it */
async function isReached(work: (port: number) => Promise<void>): Promise<boolean> {
  let reached = false;
  const server = createServer((socket) => {
    reached = true;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await work((server.address() as AddressInfo).port);
  } finally {
    server.close();
  }
  return reached;
}

/** Tried with a gateway's own process: what is open is reached, so that it is known to work, and what is closed is not. */
export async function checkGateway(): Promise<Check> {
  const name = 'network gateway';
  const cost = 'machines cannot be started, or are not closed';
  const { startTrial } = await import('../gateway/trial.ts');
  const network = { hostLoopback: false, allowHost: [], egress: { kind: 'open' as const } };
  try {
    const trial = await startTrial(bundlePath('gateway.js'), { self: 'doctor', network, peers: {} });
    try {
      const attempt = async (port: number): Promise<void> => {
        for (const address of ['10.0.2.2', '127.0.0.1']) await trial.guest.attempt(address, port, '');
      };
      const leaked = await isReached(attempt);
      const works = await isReached(async (port) => {
        await askGateway(trial.run, { do: 'policy', network: { ...network, allowHost: [port] } });
        await attempt(port);
      });
      if (works && !leaked) return ok(name, 'tried: it lets through what is allowed, and blocks the rest');
      return worse(name, leaked ? 'a guest reaches the loopback through it' : 'nothing gets through it', cost, null);
    } finally {
      await trial.close();
    }
  } catch (error) {
    return worse(name, messageOf(error), cost, 'Install ai-vm anew.');
  }
}

/** Machines of the project whose gateway has ended. */
export async function checkGateways({ project }: Context): Promise<Check[]> {
  const names = (project.desired?.vms ?? []).filter((vm) => vm.network).map(({ name }) => name);
  const seen = await Promise.all(names.map((name) => observe(name, project.machine(name))));
  const gone = seen.filter(({ sightings }) => sightings.gateway?.is === 'gone').map(({ vm }) => vm);
  if (gone.length === 0) return [];
  const cost = 'nothing goes into these machines or out of them';
  return [worse('gateways', `that of ${gone.join(', ')} has ended`, cost, `ai-vm up ${gone.join(' ')}`)];
}

/** Ports that machines of the project are to have, and that somebody else listens on. */
export async function checkPorts(context: Context): Promise<Check[]> {
  const { project } = context;
  const vms = project.desired?.vms ?? [];
  const taken = await Promise.all(
    vms.map(async ({ name, ports }) => {
      const { process } = await observe(name, project.machine(name));
      if (process) return [];
      const free = await Promise.all(ports.map(({ protocol, bind, host }) => isPortFree(protocol, bind, host)));
      return ports
        .filter((_, n) => !free[n])
        .map(({ bind, host, protocol }) => `${bind}:${host}/${protocol} of ${name}`);
    }),
  );
  const clashes = taken.flat();
  if (vms.length === 0) return [];
  if (clashes.length === 0) return [ok('ports', 'those of the project are free, or its own')];
  const fix = 'ss -ltunp shows who listens; or choose other ports in the file';
  return [worse('ports', `taken: ${clashes.join(', ')}`, 'ai-vm up cannot start these machines', fix)];
}
