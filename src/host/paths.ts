/** Every name on disk. Nothing else in the project knows where anything lives. Pure but for `hostEnv`. */
import { createHash } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { AiVmError } from '../model/errors.ts';
import type { MachinePaths, ProjectPaths } from '../model/machine.ts';

/** Where this user's things live: found out once, then handed around. */
export interface HostEnv {
  readonly uid: number;
  /** Disks, keys, images. */
  readonly dataHome: string;
  readonly cacheHome: string;
  /** Ours, below the user's runtime directory. */
  readonly runtimeHome: string;
  readonly images: string;
  /** Distinguishes runtime directories of the same project under another AI_VM_HOME; empty for the usual one. */
  readonly realm: string;
}

/** What `hostEnv` reads. */
export interface Surroundings {
  readonly uid: number;
  readonly home: string;
  readonly tmp: string;
  readonly vars: Readonly<Record<string, string | undefined>>;
  /** Whether this is a directory (no symlink) of that user's own that no one else may enter. */
  readonly isPrivate: (path: string, uid: number) => boolean;
}

const absolute = (path: string | undefined): string | null => (path?.startsWith('/') ? path : null);

/** The decision, apart from what it reads. Relative values are ignored, as the XDG specification says. */
export function resolveHostEnv({ uid, home, tmp, vars, isPrivate }: Surroundings): HostEnv {
  const own = absolute(vars['AI_VM_HOME']);
  const data = absolute(vars['XDG_DATA_HOME']);
  const cache = absolute(vars['XDG_CACHE_HOME']);
  // An unprivileged QEMU cannot reach into /root, so what root starts lives where it can.
  const root = uid === 0;
  const dataHome = own ?? (data ? join(data, 'ai-vms') : root ? '/var/lib/ai-vms' : join(home, '.local/share/ai-vms'));
  const cacheHome = own
    ? join(own, 'cache')
    : cache
      ? join(cache, 'ai-vms')
      : root
        ? '/var/cache/ai-vms'
        : join(home, '.cache/ai-vms');
  const runtime = [absolute(vars['XDG_RUNTIME_DIR']), `/run/user/${uid}`].find((dir) => dir && isPrivate(dir, uid));
  const runtimeHome = root ? '/run/ai-vm' : runtime ? join(runtime, 'ai-vm') : join(tmp, `ai-vm-${uid}`);
  const images = absolute(vars['AI_VM_IMAGES']) ?? join(dataHome, 'images');
  return { uid, dataHome, cacheHome, runtimeHome, images, realm: own ?? '' };
}

/** The same for this process. */
export function hostEnv(vars: Readonly<Record<string, string | undefined>> = process.env): HostEnv {
  const { uid, homedir } = userInfo();
  return resolveHostEnv({ uid, home: absolute(vars['HOME']) ?? homedir, tmp: tmpdir(), vars, isPrivate });
}

function isPrivate(path: string, uid: number): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat !== undefined && stat.isDirectory() && stat.uid === uid && (stat.mode & 0o077) === 0;
}

/** The first 8 hex digits of a text's SHA-256. */
export function hash8(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

export interface ProjectPlace {
  readonly name: string;
  /** Real path of the project's directory: with the name, its identity. */
  readonly dir: string;
  readonly location: 'user' | 'project';
}

export function projectsDir(env: HostEnv): string {
  return join(env.dataHome, 'projects');
}

/** Paths of a project. What names it and locks it stays with the user even when its disks live in `.ai-vm/`. */
export function projectPaths(project: ProjectPlace, env: HostEnv): ProjectPaths {
  const id = `${project.name}-${hash8(project.dir)}`;
  const own = join(projectsDir(env), id);
  return {
    state: project.location === 'project' ? join(project.dir, '.ai-vm') : own,
    runtime: join(env.runtimeHome, hash8(env.realm === '' ? project.dir : `${env.realm}\0${project.dir}`)),
    lock: join(own, 'lock'),
    projectFile: join(own, 'project.json'),
    watchLock: join(own, 'watch.lock'),
    watchFile: join(own, 'watch.json'),
    watchLog: join(own, 'watch.log'),
    adHoc: join(own, 'ad-hoc.yaml'),
    layers: join(project.location === 'project' ? join(project.dir, '.ai-vm') : own, '.layers'),
    images: env.images,
    approvals: join(env.dataHome, 'approvals', `${id}.json`),
    cache: env.cacheHome,
    flakes: join(env.dataHome, 'flakes'),
    recipes: { all: recipesDir(env), own: join(recipesDir(env), project.dir) },
  };
}

const recipesDir = (env: HostEnv): string => join(env.runtimeHome, 'exec');

/**
 * What the launcher (src/launcher.sh) goes by for a machine of this name in the directory `cwd`: it has to find that by itself. Neither
 * names of machines nor of builds have slashes, and the former no dots.
 * @param build which command line wrote it
 */
export const recipePath = (env: HostEnv, cwd: string, vm: string, build: string): string =>
  join(recipesDir(env), cwd, `.ai-vm.${vm}.${build}`);

/** A socket's path has at most 107 bytes and a NUL (unix(7)); ours are at most this long below the machine's directory. */
const SOCKET_PATH = 107;
const SOCKET_NAME = 40;

/** The VM's name, or where that makes sockets' paths too long, its first letters and its hash. */
function runName(runtime: string, vm: string): string {
  const room = SOCKET_PATH - SOCKET_NAME - Buffer.byteLength(runtime) - 1;
  if (vm.length <= room) return vm;
  const short = `${vm.slice(0, 8)}-${hash8(vm)}`;
  if (short.length <= room) return short;
  throw new AiVmError('host.path', 'the path of the runtime directory is too long', {
    why: `A socket's path has at most ${SOCKET_PATH} bytes, and ${runtime} leaves no room for one.`,
    fix: 'Set XDG_RUNTIME_DIR (or TMPDIR) to a directory with a shorter path.',
    vm,
  });
}

/**
 * Paths of a machine.
 * @throws AiVmError `host.path` when no socket's path could be short enough
 */
export function machinePaths(project: ProjectPaths, vm: string): MachinePaths {
  const dir = join(project.state, vm);
  const run = join(project.runtime, runName(project.runtime, vm));
  // Both are in their normal form, and `join` would find that out again for each of thirty names, of each of a thousand machines.
  const inDir = (name: string): string => `${dir}/${name}`;
  const inRun = (name: string): string => `${run}/${name}`;
  return {
    dir,
    disk: inDir('disk.qcow2'),
    scratch: inDir('scratch.img'),
    identity: inDir('identity.json'),
    applied: inDir('applied.json'),
    privateKey: inDir('id_ed25519'),
    hostKey: inDir('ssh_host_ed25519_key'),
    knownHosts: inDir('known_hosts'),
    authorities: inDir('authorities.json'),
    serialLog: inDir('serial.log'),
    qemuLog: inDir('qemu.log'),
    provisionLog: inDir('provision.log'),
    startScript: inDir(`start-${vm}.sh`),
    warmScript: inDir('start-warm.sh'),
    credentials: inDir('credentials'),
    audioWav: inDir('audio.wav'),
    suspended: inDir('suspended'),
    snapshots: inDir('snapshots'),
    run,
    pidFile: inRun('qemu.pid'),
    qmp: {
      control: inRun('qmp-control.sock'),
      events: inRun('qmp-events.sock'),
      read: [inRun('qmp-read0.sock'), inRun('qmp-read1.sock')],
    },
    agent: inRun('agent.sock'),
    serial: inRun('serial.sock'),
    sshControl: inRun('ssh'),
    greeted: inRun('greeted'),
    vnc: inRun('vnc.sock'),
    screenshot: inRun('screen.png'),
    serialWindow: inRun('serial.log'),
    qemuWindow: inRun('qemu.log'),
    helpers: inRun('helpers'),
    migration: inRun('migration.sock'),
    none: inRun('none'),
    recipes: project.recipes,
  };
}

/** Runtime directories that are ours, the outermost first: what the start script makes and checks. */
export function runDirs(project: ProjectPaths, machine: MachinePaths, env: HostEnv): string[] {
  return [env.runtimeHome, project.runtime, machine.run];
}
