import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { checkAudio, checkGroups, checkInotify, checkStale } from '../../../src/app/doctor-checks.ts';
import { Home } from '../../support/home.ts';

describe('the checks of doctor', () => {
  let home: Home;
  let dir = '';
  beforeEach(() => {
    home = new Home('vms: {dev: {ports: ["45341:80"]}}\n');
    dir = mkdtempSync(join(tmpdir(), 'ai-vm-doctor-'));
  });
  afterEach(() => {
    rmSync(dir, { recursive: true });
    home.close();
  });

  it('inotify: says what too few watches cost, and what gives more', async () => {
    writeFileSync(join(dir, 'max_user_watches'), '100\n');
    writeFileSync(join(dir, 'max_user_instances'), '1024\n');
    const [watches, instances] = await checkInotify(dir);
    expect(watches).toMatchObject({ verdict: 'worse', found: '100' });
    expect(watches!.fix).toMatch(/sysctl fs\.inotify\.max_user_watches=524288$/);
    expect(watches!.command!.slice(-2)).toEqual(['sysctl', 'fs.inotify.max_user_watches=524288']);
    expect(instances).toMatchObject({ verdict: 'ok', command: null });
    expect(await checkInotify(join(dir, 'none'))).toEqual([]);
  });

  it('audio: drivers that nobody hears are none', () => {
    expect(checkAudio(['none', 'wav']).verdict).toBe('worse');
    expect(checkAudio(['none', 'pa']).verdict).toBe('ok');
  });

  it('groups: a device that is not there needs no permission', async () => {
    expect(await checkGroups(join(dir, 'kvm'))).toMatchObject({ verdict: 'ok' });
  });

  it('stale machines: those that died, and those of projects that are gone', async () => {
    expect((await checkStale()).verdict).toBe('ok');
    home.stopped('dev', { applied: { stopped: false } });
    expect(await checkStale()).toMatchObject({ verdict: 'worse', found: 'shop/dev died' });
    home.stopped('old', {}, home.know('gone', join(home.dir, 'nowhere')));
    expect((await checkStale()).fix).toContain('ai-vm down -p gone');
  });

  it('ports: names the one of the project that somebody else has', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(45341, '127.0.0.1', resolve));
    try {
      const { out } = await home.run(['doctor', '--format', 'json']);
      const { checks } = JSON.parse(out) as { checks: { name: string; verdict: string; found: string }[] };
      expect(checks.find(({ name }) => name === 'ports')).toMatchObject({
        ...{ verdict: 'worse', found: 'taken: 127.0.0.1:45341/tcp of dev' },
      });
    } finally {
      server.close();
    }
  });
});
