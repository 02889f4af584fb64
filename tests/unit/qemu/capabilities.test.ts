import { chmod, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { windowOf } from '../../../src/qemu/capabilities.ts';
import { parseAudioDrivers, parseDisplays, parseVirtiofsdFlavour } from '../../../src/qemu/capabilities-probe.ts';
import { probeCapabilities } from '../../../src/qemu/capabilities.ts';
import type { CapabilityOptions } from '../../../src/qemu/capabilities.ts';
import type { Capabilities, RunAs } from '../../../src/model/capabilities.ts';

const RUN_AS: RunAs = { uid: 1000, gid: 1000, groups: [], drop: false, subUid: null, subGid: null };

const QEMU = `case "$*" in
  *--version*) echo "QEMU emulator version 8.2.1 (Fake 1:8.2)" ;;
  *-audiodev*) printf 'Available audio drivers:\\nnone\\npa\\nwav\\n' ;;
  *) exit 85 ;;
esac`;

let dir: string;
let log: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ai-vm-capabilities-'));
  log = join(dir, 'log');
  await mkdir(join(dir, 'bin'));
  await writeFile(log, '');
  await program('qemu-system-x86_64', QEMU);
  await program('virtiofsd', 'echo "virtiofsd 1.10.0"');
});

afterEach(() => rm(dir, { recursive: true }));

/** A shell script on the test's PATH that notes every start. */
async function program(name: string, script: string): Promise<string> {
  const path = join(dir, 'bin', name);
  await writeFile(path, `#!/bin/sh\necho "${name}" >> '${log}'\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

/** How many programs have been started since the last time. */
async function starts(): Promise<number> {
  const lines = (await readFile(log, 'utf8')).split('\n').length - 1;
  await writeFile(log, '');
  return lines;
}

const probe = (options: Partial<CapabilityOptions> = {}): Promise<Capabilities> =>
  probeCapabilities({
    cache: join(dir, 'capabilities.json'),
    env: { PATH: join(dir, 'bin'), AI_VM_ACCEL: 'tcg' },
    runAs: RUN_AS,
    virtiofsd: ['/nonexistent/virtiofsd', 'virtiofsd'],
    confinement: () => Promise.resolve({ usable: true }),
    ...options,
  });

describe('the capabilities', () => {
  it('are what the programs say', async () => {
    const found = await probe();
    expect(found).toMatchObject({
      qemu: {
        binary: join(dir, 'bin/qemu-system-x86_64'),
        version: '8.2.1',
        major: 8,
        minor: 2,
        audioDrivers: ['none', 'pa', 'wav'],
      },
      accelerator: { accelerator: 'tcg', reason: 'AI_VM_ACCEL=tcg' },
      virtiofsd: { usable: true, binary: join(dir, 'bin/virtiofsd'), flavour: 'rust' },
    });
    expect(found.cpus).toBeGreaterThan(0);
    expect(found.memoryAvailable).toBeLessThanOrEqual(found.memoryTotal);
    expect(found.memoryAvailable).toBeGreaterThan(1024 * 1024);
  });

  it('are remembered: the next time starts no process', async () => {
    const first = await probe();
    expect(await starts()).toBeGreaterThan(0);
    const second = await probe();
    expect(await starts()).toBe(0);
    expect({ ...second, memoryAvailable: 0 }).toEqual({ ...first, memoryAvailable: 0 });
  });

  it('remember the proof of the accelerator, but not what overrides it', async () => {
    const env = { PATH: join(dir, 'bin') };
    await probe();
    const proved = await probe({ env });
    await starts();
    expect((await probe({ env })).accelerator).toEqual(proved.accelerator);
    expect((await probe({ env: { ...env, AI_VM_ACCEL: 'kvm' } })).accelerator).toEqual({
      accelerator: 'kvm',
      reason: null,
    });
    expect((await probe({ env })).accelerator).toEqual(proved.accelerator);
    expect(await starts()).toBe(0);
    await expect(probe({ env: { ...env, AI_VM_ACCEL: 'hvf' } })).rejects.toMatchObject({ code: 'usage' });
  });

  it.each<[string, () => Promise<Partial<CapabilityOptions>>]>([
    ['QEMU is another one', async () => (await program('qemu-system-x86_64', `${QEMU}\n# newer`), {})],
    [
      'QEMU has another date',
      async () => (await utimes(join(dir, 'bin/qemu-system-x86_64'), new Date(0), new Date(0)), {}),
    ],
    ['a module has been added', async () => (await mkdir(join(dir, 'lib/qemu'), { recursive: true }), {})],
    ['virtiofsd has gone', async () => (await rm(join(dir, 'bin/virtiofsd')), {})],
    ['newuidmap has come', async () => (await program('newuidmap', ''), {})],
    ['machines run as somebody else', () => Promise.resolve({ runAs: { ...RUN_AS, uid: 1001 } })],
    ['they are to be looked at anew', () => Promise.resolve({ fresh: true })],
    ['the memory is broken', async () => (await writeFile(join(dir, 'capabilities.json'), '{"formatVersion":1'), {})],
    ['the memory is of another kind', async () => (await writeFile(join(dir, 'capabilities.json'), 'null'), {})],
  ])('are looked for again when %s', async (_what, change) => {
    await probe();
    await starts();
    await probe(await change());
    expect(await starts()).toBeGreaterThan(0);
  });

  it('need no place to remember', async () => {
    const { qemu } = await probe({ cache: '/nonexistent/place/capabilities.json' });
    expect(qemu.version).toBe('8.2.1');
  });

  it('cannot be had from a QEMU that does not run', async () => {
    await program('qemu-system-x86_64', 'echo "error while loading shared libraries: libx.so" >&2; exit 127');
    await expect(probe()).rejects.toMatchObject({ code: 'host.missing', why: expect.stringContaining('libx.so') });
  });
});

describe('virtiofsd', () => {
  it('is not usable where helpers cannot be confined', async () => {
    const confinement = { usable: false, reason: 'no user namespaces' } as const;
    expect((await probe({ confinement: () => Promise.resolve(confinement) })).virtiofsd).toEqual(confinement);
  });

  it('is not usable where there is none, or none that is known; then nobody asks about confinement', async () => {
    const confinement = (): Promise<never> => Promise.reject(new Error('asked'));
    const reason = 'virtiofsd is not installed';
    expect((await probe({ virtiofsd: ['nothing'], confinement })).virtiofsd).toEqual({ usable: false, reason });
    await program('virtiofsd', 'echo "something else 1.0"');
    expect((await probe({ confinement })).virtiofsd).toEqual({ usable: false, reason });
  });

  it.each([
    ['virtiofsd version 7.2.22 (Debian 1:7.2+dfsg-7)\nusing FUSE kernel interface version 7.36', 'c'],
    ['virtiofsd 1.10.0', 'rust'],
    ['virtiofsd backend 1.4.0', 'rust'],
    // What an ordinary user gets to see of Debian 12's.
    ['\nsetgroups() failed with error=1:Operation not permitted\n', 'c'],
    ['qemu 7.2', null],
    ['', null],
  ] as const)('that says %j is of flavour %s', (text, flavour) => {
    expect(parseVirtiofsdFlavour(text)).toBe(flavour);
  });
});

describe('audio drivers', () => {
  it('are those that QEMU names', () => {
    expect(parseAudioDrivers('Available audio drivers:\nnone\nalsa\ndbus\noss\nsndio\nspice\nwav\n')).toEqual([
      ...['none', 'alsa', 'dbus', 'oss', 'sndio', 'spice', 'wav'],
    ]);
    expect(parseAudioDrivers('')).toEqual([]);
  });
});

describe('a window on the screen of this host', () => {
  const displays = parseDisplays('Available display backend types:\nnone\ngtk\nsdl\negl-headless\n');
  const screen = { DISPLAY: ':0' };

  it('is had where there is a screen, and QEMU can', () => {
    expect(displays).toEqual(['none', 'gtk', 'sdl', 'egl-headless']);
    expect(windowOf({ displays }, screen, { drop: false })).toBe('gtk');
    expect(windowOf({ displays: ['none', 'sdl'] }, { WAYLAND_DISPLAY: 'wayland-0' }, { drop: false })).toBe('sdl');
  });

  it.each([
    ['there is no screen', displays, {}, false],
    ['QEMU has no windows', ['none', 'curses'], screen, false],
    ['QEMU runs as another user', displays, screen, true],
    ['nobody wants one', displays, { ...screen, AI_VM_DISPLAY: 'vnc' }, false],
  ])('is not had where %s', (_why, kinds, env, drop) =>
    expect(windowOf({ displays: kinds }, env, { drop })).toBeNull(),
  );
});
