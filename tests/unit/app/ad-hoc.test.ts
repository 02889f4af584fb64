import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readAsks, requireApproval } from '../../../src/app/approvals.ts';
import { openContext, type Context } from '../../../src/app/context.ts';
import { forget, remember } from '../../../src/app/remember.ts';
import type { Settings } from '../../../src/app/settings.ts';
import { remove } from '../../../src/app/remove.ts';
import { withLock } from '../../../src/host/lock.ts';
import { GiB } from '../../../src/model/units.ts';

let dir = '';
const before = process.env['AI_VM_HOME'];

beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'ai-vm-ad-hoc-')));
  chmodSync(dir, 0o755);
  for (const name of ['shop', 'shop/web', 'ref']) mkdirSync(join(dir, name));
  process.env['AI_VM_HOME'] = join(dir, 'home');
});

afterEach(() => {
  if (before === undefined) delete process.env['AI_VM_HOME'];
  else process.env['AI_VM_HOME'] = before;
  rmSync(dir, { recursive: true });
});

/** `ai-vm up` with these flags, up to where a machine would be made; without flags, any other verb. */
const open = (settings?: Settings, cwd = 'shop'): Promise<Context> =>
  openContext({
    ...{ cwd: join(dir, cwd), env: {}, file: undefined, command: 'ai-vm up', emit: () => undefined },
    ...{
      signal: new AbortController().signal,
      given: settings && { settings, vms: settings.name ? [settings.name] : [] },
    },
  });

async function up(settings: Settings, cwd?: string): Promise<Context> {
  const context = await open(settings, cwd);
  await requireApproval(context, false);
  await remember(context);
  return context;
}

const machines = ({ project }: Context): [string, number, number][] =>
  project.desired!.vms.map(({ name, cpus, memory }) => [name, cpus, memory / GiB]);

describe('flags without a file', () => {
  it('make a machine that other verbs find again, from below the directory too', async () => {
    const made = await up({ ram: '4', cpu: '3' });
    expect(machines(made)).toEqual([['dev', 3, 4]]);
    for (const cwd of ['shop', 'shop/web']) {
      const { project, given } = await open(undefined, cwd);
      expect([project.name, project.dir, project.problem, given]).toEqual(['shop', join(dir, 'shop'), null, false]);
      expect(machines({ project } as Context)).toEqual([['dev', 3, 4]]);
    }
  });

  it('say what is to change the next time, and what else there is', async () => {
    await up({ ram: '4', port: ['8080:80'] });
    await up({ cpu: '3', port: ['8080:81'] }, 'shop/web');
    await up({ name: 'db', ram: '1' });
    const context = await open();
    expect(machines(context)).toEqual([
      ['db', 2, 1],
      ['dev', 3, 4],
    ]);
    expect(context.project.desired!.vms[1]!.ports.map(({ host, guest }) => [host, guest])).toEqual([[8080, 81]]);
  });

  it('are only kept when something is made', async () => {
    await open({ ram: '4' });
    expect(existsSync(join(dir, 'home'))).toBe(false);
    await expect(open()).rejects.toMatchObject({ code: 'config.not-found' });
  });

  it('count from where they were typed', async () => {
    await up({ ram: '4' });
    await up({ shareRo: ['.', '../../ref:/ref'] }, 'shop/web');
    const [vm] = (await open()).project.desired!.vms;
    expect(vm!.shares.map(({ path, target }) => [path, target])).toEqual([
      [join(dir, 'shop/web'), '/mnt/host-ro/web'],
      [join(dir, 'ref'), '/ref'],
    ]);
  });

  it('give way to a file, which has the same machine', async () => {
    const { project: made } = await up({ ram: '4', shareRo: ['../ref'] });
    writeFileSync(join(dir, 'shop/ai-vm.yaml'), 'vms: {dev: {cpus: 5}}');
    const context = await open();
    expect(machines(context)).toEqual([['dev', 5, 8]]);
    expect([context.project.adHoc, context.project.paths.state]).toEqual([null, made.paths.state]);
  });

  it('are forgotten with their machines, and what they consented to as well', async () => {
    await up({ shareRo: ['../ref'] });
    await up({ name: 'db' });
    const context = await open();
    await withLock(context.project.paths.lock, context.lockOptions, () => forget(context, ['db']));
    expect(machines(await open())).toEqual([['dev', 2, 8]]);
    expect(existsSync(context.project.paths.approvals)).toBe(true);
    // There is no disk to delete, and nothing to ask.
    await remove(await open(), { vms: [], consent: () => Promise.reject(new Error('asked')), onNothing: () => 0 });
    expect([existsSync(context.project.paths.adHoc), existsSync(context.project.paths.approvals)]).toEqual([
      false,
      false,
    ]);
    expect((await open()).project.problem).toMatchObject({ code: 'config.not-found' });
  });
});

describe('what flags ask of the host', () => {
  it('is consented to by saying it, and stays so for a machine of flags', async () => {
    await up({ shareRo: ['../ref'], port: ['0.0.0.0:80:80'] });
    const asks = await readAsks(await open());
    expect([asks.pending, asks.given.map((ask) => ask.text)]).toEqual([
      [],
      [`read ${dir}/ref`, 'be reached from other computers at 0.0.0.0:80/tcp'],
    ]);
  });

  it('is consented to for one run where there is a file', async () => {
    writeFileSync(join(dir, 'shop/ai-vm.yaml'), 'vms: {dev: {}}');
    const context = await up({ shareRw: ['../ref'] });
    expect((await readAsks(context)).pending).toEqual([]);
    writeFileSync(join(dir, 'shop/ai-vm.yaml'), `vms: {dev: {shares: [../ref]}}`);
    expect((await readAsks(await open())).pending).toHaveLength(1);
  });

  it('is nothing that the file asks, or asks for another machine', async () => {
    writeFileSync(join(dir, 'shop/ai-vm.yaml'), 'vms: {a: {shares: ["../ref:ro"]}, b: {}}');
    const context = await open({ shareRo: ['../ref'], name: 'b' });
    expect((await readAsks(context)).pending.map((ask) => ask.vm)).toEqual(['a']);
    await expect(requireApproval(context, false)).rejects.toMatchObject({ code: 'approval.needed' });
  });

  it('is not what a symlink leads to, which a guest may have planted', async () => {
    symlinkSync(join(dir, 'ref'), join(dir, 'shop/data'));
    await expect(up({ shareRw: ['./data'] })).rejects.toMatchObject({
      code: 'approval.needed',
      why: expect.stringContaining(`${dir}/ref`),
    });
  });
});

it('keeps a configuration that people can read', async () => {
  const { project } = await up({ ram: '4', shareRw: ['./$x'] });
  const text = readFileSync(project.paths.adHoc, 'utf8');
  expect(text).toMatch(/^# Made from the flags of `ai-vm up`/);
  expect(text).toContain('memory: 4GiB');
  expect((await open()).project.desired!.vms[0]!.shares[0]!.path).toBe(join(dir, 'shop/$x'));
});
