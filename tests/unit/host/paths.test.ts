import { describe, expect, it } from '@jest/globals';
import {
  hash8,
  machinePaths,
  projectPaths,
  resolveHostEnv,
  runDirs,
  type Surroundings,
} from '../../../src/host/paths.ts';
import { AiVmError } from '../../../src/model/errors.ts';

const ANN: Surroundings = { uid: 1000, home: '/home/ann', tmp: '/tmp', vars: {}, isPrivate: () => false };
const PLACE = { name: 'app', dir: '/home/ann/src/app', location: 'user' } as const;

describe('resolveHostEnv', () => {
  it('uses the home directory where nothing is said', () => {
    expect(resolveHostEnv(ANN)).toEqual({
      uid: 1000,
      dataHome: '/home/ann/.local/share/ai-vms',
      cacheHome: '/home/ann/.cache/ai-vms',
      runtimeHome: '/tmp/ai-vm-1000',
      images: '/home/ann/.local/share/ai-vms/images',
      realm: '',
    });
  });

  it('honours XDG directories, but no relative ones', () => {
    const vars = { XDG_DATA_HOME: '/data', XDG_CACHE_HOME: 'cache', XDG_RUNTIME_DIR: '/run/user/1000' };
    const env = resolveHostEnv({ ...ANN, vars, isPrivate: (path) => path === '/run/user/1000' });
    expect(env).toMatchObject({
      dataHome: '/data/ai-vms',
      cacheHome: '/home/ann/.cache/ai-vms',
      runtimeHome: '/run/user/1000/ai-vm',
    });
  });

  it("finds the user's runtime directory without XDG_RUNTIME_DIR, so that su and ssh see the same machines", () => {
    expect(resolveHostEnv({ ...ANN, isPrivate: (path) => path === '/run/user/1000' }).runtimeHome).toBe(
      '/run/user/1000/ai-vm',
    );
  });

  it('does not use a runtime directory that is not private', () => {
    expect(resolveHostEnv({ ...ANN, vars: { XDG_RUNTIME_DIR: '/shared' } }).runtimeHome).toBe('/tmp/ai-vm-1000');
  });

  it('lets AI_VM_HOME and AI_VM_IMAGES decide', () => {
    const env = resolveHostEnv({
      ...ANN,
      vars: { AI_VM_HOME: '/big', AI_VM_IMAGES: '/images', XDG_DATA_HOME: '/data' },
    });
    expect(env).toMatchObject({ dataHome: '/big', cacheHome: '/big/cache', images: '/images', realm: '/big' });
  });

  it('keeps what root starts where an unprivileged QEMU can reach it', () => {
    const env = resolveHostEnv({
      ...ANN,
      uid: 0,
      home: '/root',
      vars: { XDG_RUNTIME_DIR: '/run/user/0' },
      isPrivate: () => true,
    });
    expect(env).toMatchObject({
      dataHome: '/var/lib/ai-vms',
      cacheHome: '/var/cache/ai-vms',
      runtimeHome: '/run/ai-vm',
    });
  });
});

describe('projectPaths', () => {
  const env = resolveHostEnv(ANN);
  const id = `app-${hash8(PLACE.dir)}`;

  it('names a project by its name and the hash of its directory', () => {
    expect(hash8('abc')).toBe('ba7816bf');
    expect(projectPaths(PLACE, env)).toEqual({
      state: `${env.dataHome}/projects/${id}`,
      runtime: `/tmp/ai-vm-1000/${hash8(PLACE.dir)}`,
      lock: `${env.dataHome}/projects/${id}/lock`,
      projectFile: `${env.dataHome}/projects/${id}/project.json`,
      watchLock: `${env.dataHome}/projects/${id}/watch.lock`,
      watchFile: `${env.dataHome}/projects/${id}/watch.json`,
      watchLog: `${env.dataHome}/projects/${id}/watch.log`,
      layers: `${env.dataHome}/projects/${id}/.layers`,
      images: env.images,
      approvals: `${env.dataHome}/approvals/${id}.json`,
      adHoc: `${env.dataHome}/projects/${id}/ad-hoc.yaml`,
      cache: env.cacheHome,
      flakes: `${env.dataHome}/flakes`,
      recipes: { all: '/tmp/ai-vm-1000/exec', own: `/tmp/ai-vm-1000/exec${PLACE.dir}` },
    });
  });

  it('keeps disks in the project, but never the lock, the record or approvals', () => {
    const paths = projectPaths({ ...PLACE, location: 'project' }, env);
    expect(paths.state).toBe('/home/ann/src/app/.ai-vm');
    for (const path of [paths.lock, paths.projectFile, paths.approvals]) expect(path).toContain(env.dataHome);
  });

  it('keeps the sockets of the same project under another AI_VM_HOME apart', () => {
    const other = resolveHostEnv({ ...ANN, vars: { AI_VM_HOME: '/other' } });
    expect(projectPaths(PLACE, other).runtime).not.toBe(projectPaths(PLACE, env).runtime);
  });
});

describe('machinePaths', () => {
  const env = resolveHostEnv(ANN);
  const project = projectPaths(PLACE, env);

  it('puts what lasts beside the disk and sockets into the runtime directory', () => {
    const paths = machinePaths(project, 'dev');
    expect(paths.disk).toBe(`${project.state}/dev/disk.qcow2`);
    expect(paths.startScript).toBe(`${project.state}/dev/start-dev.sh`);
    expect(paths.agent).toBe(`${project.runtime}/dev/agent.sock`);
    expect(paths.serialWindow).not.toBe(paths.serialLog);
    expect(runDirs(project, paths, env)).toEqual([env.runtimeHome, project.runtime, paths.run]);
  });

  it.each(['a', 'x'.repeat(40), 'y'.repeat(63)])('keeps every socket of %s short enough', (vm) => {
    const paths = machinePaths(project, vm);
    const sockets = [
      paths.qmp.control,
      paths.qmp.events,
      ...paths.qmp.read,
      paths.agent,
      paths.serial,
      `${paths.run}/fs127.sock`,
    ];
    for (const socket of sockets) expect(Buffer.byteLength(socket)).toBeLessThan(108);
    // ssh adds 17 characters to the name of a control socket while it makes it.
    expect(Buffer.byteLength(paths.sshControl) + 17).toBeLessThan(108);
  });

  it('keeps long names that begin alike apart', () => {
    const names = ['a', 'b'].map((end) => machinePaths(project, 'z'.repeat(62) + end).run);
    expect(new Set(names).size).toBe(2);
  });

  it('refuses a runtime directory whose path leaves no room', () => {
    const long = projectPaths(PLACE, { ...env, runtimeHome: `/tmp/${'r'.repeat(60)}` });
    expect(() => machinePaths(long, 'dev'.repeat(20))).toThrow(AiVmError);
    expect(() => machinePaths(long, 'dev'.repeat(20))).toThrow(expect.objectContaining({ code: 'host.path' }));
  });
});
