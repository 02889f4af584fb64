import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Home } from '../../support/home.ts';

describe('ls', () => {
  let home: Home;
  beforeEach(() => {
    home = new Home();
  });
  afterEach(() => home.close());

  it('lists nothing where there is nothing', async () => {
    expect((await home.run(['ls'])).out).toBe('There are no machines on this host.\n');
    expect(await home.json(['ls'])).toEqual({ version: 1, projects: [] });
  });

  it('lists projects with their machines, from anywhere', async () => {
    home.stopped('dev');
    home.stopped('db', { applied: { stopped: false } });
    home.know('empty', '/nowhere/empty');
    expect(await home.json(['ls'], 'ls', '/')).toMatchObject({
      projects: [
        {
          ...{ project: 'shop', directory: home.project, exists: true, watch: null },
          machines: [
            { name: 'db', state: 'dead', pid: null },
            { name: 'dev', state: 'stopped' },
          ],
        },
      ],
    });
    const { out } = await home.run(['ls']);
    expect(out).toContain('1 dead, 1 stopped');
    expect((await home.run(['ls', '-a', '-q'])).out).toBe('empty\nshop\n');
  });

  it('tells projects apart that have the same name', async () => {
    const other = join(home.dir, 'other');
    mkdirSync(other);
    home.stopped('dev');
    home.stopped('dev', {}, home.know('shop', other));
    const { projects } = (await home.json(['ls'])) as { projects: { project: string; directory: string }[] };
    expect(projects.map(({ project }) => project)).toEqual([
      expect.stringMatching(/^shop-[0-9a-f]{8}$/),
      expect.stringMatching(/^shop-[0-9a-f]{8}$/),
    ]);
    const { code, err } = await home.run(['ps', '-p', 'shop'], { cwd: '/' });
    expect(code).toBe(64);
    expect(err).toContain(other);
    const named = projects.find(({ directory }) => directory === other)!.project;
    expect((await home.run(['ps', '-p', named], { cwd: '/' })).out).toContain('dev');
  });

  it('says how a project is taken down whose directory is gone, and that works', async () => {
    const paths = home.stopped('dev', { applied: { stopped: false } });
    renameSync(home.project, join(home.dir, 'moved'));
    const { out } = await home.run(['ls'], { cwd: '/' });
    expect(out).toContain('its directory is gone: ai-vm down -p shop stops it, ai-vm rm -p shop deletes it');

    const down = await home.run(['down', '-p', 'shop', '--progress', 'plain'], { cwd: '/' });
    expect(down).toMatchObject({ code: 0 });
    expect(existsSync(paths.disk)).toBe(true);
    const rm = await home.run(['rm', '-p', 'shop', '--yes'], { cwd: '/' });
    expect(rm).toMatchObject({ code: 0 });
    expect(existsSync(home.paths().projectFile)).toBe(false);
    expect((await home.run(['ls', '--all'], { cwd: '/' })).out).toBe('There are no machines on this host.\n');
  });

  it('is not led to the file of a project above', async () => {
    const inner = join(home.project, 'inner');
    mkdirSync(inner);
    home.stopped('old', {}, home.know('inner', inner));
    const { out, err } = await home.run(['ps', '-p', 'inner'], { cwd: '/' });
    expect(out).toContain('old');
    expect(out).not.toContain('dev');
    expect(err).toContain(`there is no ai-vm.yaml or ai-vm.toml in ${inner}`);
  });

  it('forgets a project whose directory is gone and that has no machines', async () => {
    home.know();
    rmSync(home.project, { recursive: true });
    expect((await home.run(['rm', '-p', 'shop', '--yes'], { cwd: '/' })).code).toBe(0);
    expect(existsSync(home.paths().projectFile)).toBe(false);
  });
});
