import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Capabilities } from '../../../../src/model/capabilities.ts';
import type { ShareConfig, VmConfig } from '../../../../src/model/desired.ts';
import type { Bundle } from '../../../../src/model/image.ts';
import { GiB, MiB } from '../../../../src/model/units.ts';
import { bundle, capabilities, paths, runAs, vmConfig } from '../../../fixtures/machines.ts';

let kernel = '6.1.0';
jest.unstable_mockModule('node:os', () => ({ ...os, default: os, release: () => kernel }));
const { argumentsOf, coldReason, factsOf, templateBoot, templateKey, templateShape } =
  await import('../../../../src/app/warm/shape.ts');

const dir = mkdtempSync(join(os.tmpdir(), 'ai-vm-shape-'));
afterAll(() => {
  rmSync(dir, { recursive: true });
});
const binary = join(dir, 'qemu');
beforeEach(() => {
  kernel = '6.1.0';
  writeFileSync(binary, 'one');
});

const qemu = { ...capabilities().qemu, binary };
const HOST = capabilities({ qemu });
const imageOf = (digest: string, features: Bundle['manifest']['features'] = bundle.manifest.features): Bundle => ({
  ...bundle,
  manifest: { ...bundle.manifest, digest, features },
});
const keyOf = async (over: Partial<VmConfig> = {}, image = bundle, host: Capabilities = HOST) =>
  templateKey(templateShape(vmConfig(over), image, host, runAs), await factsOf(host));

const share = (over: Partial<ShareConfig> = {}): ShareConfig => ({
  ...{ path: '/a', target: '/mnt/a', mode: 'rw', driver: 'auto', allowSensitive: false },
  ...over,
});

describe('the key of a template', () => {
  it('is two short digests', async () => {
    const key = await keyOf();
    expect([key.slot, key.digest].every((text) => /^[0-9a-f]{16}$/.test(text))).toBe(true);
    expect(key.host).toMatchObject({ kernel: '6.1.0', accelerator: 'tcg', cpu: '' });
    expect(await keyOf()).toEqual(key);
  });

  it.each<[string, Partial<VmConfig>]>([
    ['name', { name: 'other', hostname: 'other' }],
    ['users', { users: ['ann', 'bob'] }],
    ['ports', { ports: [{ bind: '0.0.0.0', host: 80, guest: 80, protocol: 'tcp' }], ssh: { port: 1, declared: true } }],
    ['shares', { shares: [share(), share({ path: '/b', mode: 'ro' })] }],
    ['env, provisioning, labels, agents', { env: { A: 'b' }, provision: ['x'], labels: { a: 'b' }, agents: [] }],
    ['health check', { healthcheck: { test: 'x', interval: 1, timeout: 1, retries: 1, startPeriod: 0 } }],
    ['vCPUs within a class', { cpus: 4 }],
    ['a single vCPU', { cpus: 1 }],
    ['memory within a class', { memory: 3 * GiB }],
    ['storage', { storage: 500 * GiB }],
    ['warm', { warm: false }],
  ])('is the same whatever the %s', async (_, over) => {
    expect(await keyOf(over)).toEqual(await keyOf());
  });

  it.each<[string, () => Promise<Awaited<ReturnType<typeof keyOf>>>]>([
    ['image', () => keyOf({}, imageOf('other'))],
    ['class of vCPUs', () => keyOf({ cpus: 5 })],
    ['class of memory', () => keyOf({ memory: 4 * GiB })],
    ['overlay', () => keyOf({ overlay: true })],
    ['nested', () => keyOf({ nested: false })],
  ])('has another slot for another %s', async (_, other) => {
    const [one, two] = [await keyOf(), await other()];
    expect(two.slot).not.toBe(one.slot);
    expect(two.digest).not.toBe(one.digest);
  });

  it('changes with QEMU, in the same slot', async () => {
    const one = await keyOf();
    const versions = await keyOf({}, bundle, capabilities({ qemu: { ...qemu, version: '8.2' } }));
    writeFileSync(binary, 'three');
    const files = await keyOf();
    for (const two of [versions, files]) {
      expect(two.slot).toBe(one.slot);
      expect(two.digest).not.toBe(one.digest);
      expect(two.host.qemu).not.toBe(one.host.qemu);
    }
  });

  it('changes with the kernel of the host and with the accelerator, in the same slot', async () => {
    const one = await keyOf();
    kernel = '6.2.0';
    const two = await keyOf();
    expect(two).toMatchObject({ slot: one.slot, host: { ...one.host, kernel: '6.2.0' } });
    const kvm = capabilities({ qemu, accelerator: { accelerator: 'kvm', reason: null } });
    const three = await keyOf({}, bundle, kvm);
    expect(three).toMatchObject({ slot: one.slot, host: { accelerator: 'kvm' } });
    expect(three.host.cpu).toMatch(/^[0-9a-f]{16}$/);
    expect(new Set([one, two, three].map((key) => key.digest)).size).toBe(3);
  });

  it('has another digest above what all share, where each size has room of its own', async () => {
    const [one, two] = [await keyOf({ memory: 970 * GiB }), await keyOf({ memory: 980 * GiB })];
    expect(two.digest).not.toBe(one.digest);
  });
});

describe('the machine that a template is booted as', () => {
  const here = { bundle, host: HOST, runAs, paths: paths('template') };

  it('starts as every machine that will be made from it, but for what the kernel is told at its boot', () => {
    const vm = vmConfig({ cpus: 4, memory: 3 * GiB });
    const boot = templateBoot(vm, here);
    const template = argumentsOf(boot, new Map());
    const clone = argumentsOf({ ...boot, vm }, new Map());
    const differ = template.machine.argv.filter((word, n) => word !== clone.machine.argv[n]);
    expect(clone.machine.argv).toHaveLength(template.machine.argv.length);
    // The name and the kernel's command line, which nothing reads after a boot.
    expect(differ.every((word) => word.includes('template'))).toBe(true);
  });

  it('holds nothing of anybody', () => {
    const vm = vmConfig({
      ...{ name: 'secret', hostname: 'secret', users: ['secret'], env: { SECRET: 'secret' }, labels: { secret: 'x' } },
      ...{ shares: [share({ path: '/secret' })], provision: ['secret'], agents: [{ name: 'claude', shareAuth: true }] },
    });
    const boot = templateBoot(vm, here);
    expect(JSON.stringify(boot.vm)).not.toContain('secret');
    const { machine, parts } = argumentsOf(boot, new Map());
    expect(JSON.stringify([machine, parts])).not.toContain('secret');
    expect(machine.helpers).toEqual([]);
    // No port of the host but one that the kernel chooses.
    expect(machine.argv.join(' ').match(/hostfwd=[^,\s]*/g)).toEqual(['hostfwd=tcp:127.0.0.1:0-:22']);
  });

  it('has a small disk that grows later', () => {
    expect(templateBoot(vmConfig({ storage: 500 * GiB }), here).vm.storage).toBe(bundle.manifest.disk.virtualSize);
    expect(templateBoot(vmConfig({ overlay: true }), here).vm.storage).toBe(256 * MiB);
  });
});

describe('a machine with a desktop', () => {
  it('boots', () => {
    const desktop = { width: 800, height: 600 };
    expect(coldReason(vmConfig({ desktop }), bundle, capabilities())).toBe('a desktop is booted');
    expect(coldReason(vmConfig(), bundle, capabilities())).toBeNull();
  });
});

describe('why a machine boots', () => {
  const login = { name: 'claude' as const, shareAuth: true };
  const many = (count: number) => Array.from({ length: count }, (_, n) => share({ path: `/${n}` }));
  const none = capabilities({ virtiofsd: { usable: false, reason: 'none here' } });
  it.each<[string, Partial<VmConfig>, Bundle, Capabilities, RegExp | null]>([
    ['nothing', {}, bundle, HOST, null],
    ['everything', { overlay: true, shares: [share()], cpus: 128, memory: 960 * GiB }, bundle, HOST, null],
    ['sound', { audio: { driver: 'wav', path: null } }, bundle, HOST, null],
    ['an old image', {}, imageOf('x', ['virtio-mem']), HOST, /image is not made/],
    ['an image that cannot plug in memory', {}, imageOf('x', ['warm']), HOST, /image is not made/],
    ['9p as declared', { shares: [share(), share({ driver: '9p' })] }, bundle, HOST, null],
    ['9p as it must be', { shares: [share()] }, bundle, none, null],
    ['no share', {}, bundle, none, null],
    ['a login through 9p', { agents: [login] }, bundle, none, null],
    ['no login', { agents: [{ ...login, shareAuth: false }] }, bundle, none, null],
    ['as many shares as root ports', { shares: many(10) }, bundle, HOST, null],
    ['a login beyond them', { shares: many(10), agents: [login] }, bundle, HOST, /more shares/],
    ['more shares than root ports', { shares: many(11) }, bundle, HOST, /more shares/],
  ])('%s', (_, over, image, host, reason) => {
    const why = coldReason(vmConfig(over), image, host);
    if (reason === null) expect(why).toBeNull();
    else expect(why).toMatch(reason);
  });
});
