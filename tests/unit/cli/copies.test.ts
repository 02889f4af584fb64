import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readQcow2 } from '../../../src/qemu/qcow2.ts';
import { applied, vmConfig } from '../../fixtures/machines.ts';
import { Home } from '../../support/home.ts';

const json = (path: string): Record<string, unknown> =>
  JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;

describe('machines that stand still', () => {
  let home: Home;
  beforeEach(() => {
    home = new Home('vms: {dev: {ports: ["45310:80"]}}\n');
  });
  afterEach(() => home.close());

  it('are cloned: two disks on one layer, and two identities', async () => {
    const source = home.stopped('dev', {
      config: { ports: [{ bind: '0.0.0.0', host: 45310, guest: 80, protocol: 'tcp' }], shares: [] },
      applied: { provisioned: ['a'] },
    });
    const { code, out } = await home.run(['clone', 'dev', 'try']);
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('try  a copy of dev') });
    const copy = home.machine('try');
    const layers = await Promise.all(
      [source.disk, copy.disk].map(async (disk) => (await readQcow2(disk))!.backingFile),
    );
    expect(layers[0]).toContain('.layers/');
    expect(layers[1]).toBe(layers[0]);
    const [its, own] = [source.identity, copy.identity].map(json);
    for (const key of ['uuid', 'machineId', 'mac', 'hostKey', 'publicKey']) expect(own![key]).not.toBe(its![key]);
    expect(own).toMatchObject({ parent: 'dev' });
    expect(json(copy.applied)).toMatchObject({
      ...{ stopped: true, provisioned: ['a'] },
      // What was allowed for the source is not taken over: other computers do not reach the copy.
      config: { name: 'try', hostname: 'try', shares: [], ports: [{ bind: '127.0.0.1', host: 45311, guest: 80 }] },
    });
    expect(json(copy.applied)).not.toHaveProperty('settled');
    expect((await home.run(['ps'])).out).toContain('a fork of dev');

    // The source gets its disk back whole when the copy goes.
    expect((await home.run(['rm', 'try', '--yes'])).code).toBe(0);
    expect((await readQcow2(source.disk))!.backingFile).toContain(home.image);
  });

  it('are not cloned under a name that is taken, or that is none', async () => {
    home.stopped('dev');
    expect(await home.run(['clone', 'dev', 'dev'])).toMatchObject({ code: 64 });
    expect((await home.run(['clone', 'dev', '../x'])).err).toContain('"../x" is no name');
    expect((await home.run(['clone'])).out).toContain('dev-1  a copy of dev');
    home.stopped('forgets', { config: { overlay: true } });
    expect((await home.run(['clone', 'forgets'])).err).toContain('there is nothing to clone');
  });

  it('are renamed, with their snapshots and their copies', async () => {
    const old = home.stopped('dev');
    writeFileSync(old.startScript, '');
    const snapshot = join(old.snapshots, 'one');
    mkdirSync(snapshot, { recursive: true });
    writeFileSync(
      join(snapshot, 'snapshot.json'),
      JSON.stringify({
        formatVersion: 1,
        name: 'one',
        createdAt: '2026-01-01',
        memory: false,
        applied: applied(vmConfig()),
      }),
    );
    await home.run(['clone', 'dev', 'copy']);
    const { code, out, err } = await home.run(['rename', 'dev', 'web_1', '--progress', 'plain']);
    expect({ code, out }).toEqual({ code: 0, out: 'dev  is web_1 now\n' });
    expect(err).toContain('the file still declares dev: call it web_1 there');
    const now = home.machine('web_1');
    expect(existsSync(old.dir)).toBe(false);
    expect(json(now.applied)).toMatchObject({ config: { name: 'web_1', hostname: 'web-1' } });
    expect(json(join(now.snapshots, 'one/snapshot.json'))).toMatchObject({ applied: { config: { name: 'web_1' } } });
    expect(json(home.machine('copy').identity)).toMatchObject({ parent: 'web_1' });
    expect(existsSync(join(now.dir, 'start-dev.sh'))).toBe(false);
    home.write('vms: {web_1: {}}\n');
    expect((await home.run(['ps'])).out).toMatch(/web_1 +stopped/);
  });

  it('are not renamed to what there is, nor what has never been', async () => {
    home.stopped('dev');
    home.stopped('db');
    expect((await home.run(['rename', 'dev', 'db'])).err).toContain('there is a machine db already');
    expect((await home.run(['rename', 'dve', 'web'])).err).toContain('Did you mean dev?');
    expect(await home.run(['rename', 'dev', '-x'])).toMatchObject({ code: 64 });
  });
});
