import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { debianDigest } from '../../../src/images/debian/recipe.ts';
import { Home } from '../../support/home.ts';

const UNUSED = 'cd'.repeat(32);
const PARTIAL = `${'ef'.repeat(32)}.partial`;

describe('the image cache', () => {
  let home: Home;
  let unused = '';
  const images = (): string => join(home.dir, 'home', 'images');
  beforeEach(() => {
    home = new Home();
    unused = home.makeImage(UNUSED);
  });
  afterEach(() => home.close());

  it('is listed with who uses what', async () => {
    home.stopped('dev');
    home.stopped('db', { config: { overlay: true } });
    const { images: list } = (await home.json(['images'])) as { images: { digest: string; users: string[] }[] };
    expect(list.map(({ digest, users }) => [digest, users])).toEqual([
      [home.image, ['shop/db', 'shop/dev']],
      [UNUSED, []],
    ]);
    const { out } = await home.run(['images']);
    expect(out).toContain('Debian 13');
    expect(out).toContain('nobody');
    expect((await home.run(['images', '-q'])).out).toBe(`${home.image}\n${UNUSED}\n`);
  });

  it('loses what nobody uses, once that was said', async () => {
    home.stopped('dev');
    mkdirSync(join(images(), PARTIAL));
    writeFileSync(join(images(), PARTIAL, 'root.raw'), 'x'.repeat(10_000));
    mkdirSync(join(home.dir, 'home/cache/debian'), { recursive: true });
    writeFileSync(join(home.dir, 'home/cache/debian/a.deb'), 'x'.repeat(5000));
    writeFileSync(join(home.dir, 'home/cache/capabilities.json'), '{}');

    const dry = (await home.json(['prune', '--dry-run'])) as { items: { kind: string; name: string }[]; freed: number };
    expect(dry.items.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      `image ${UNUSED}`,
      `build ${PARTIAL}`,
      'downloads debian',
    ]);
    expect(dry.freed).toBe(0);
    expect(existsSync(unused)).toBe(true);

    // Nobody can answer, and nothing is taken for granted.
    expect(await home.run(['prune'])).toMatchObject({ code: 64 });
    expect(existsSync(unused)).toBe(true);

    const { items, freed } = (await home.json(['prune', '--yes'])) as { items: { removed: boolean }[]; freed: number };
    expect(items.map(({ removed }) => removed)).toEqual([true, true, true]);
    expect(freed).toBeGreaterThan(10_000);
    expect(existsSync(unused)).toBe(false);
    expect(existsSync(join(images(), PARTIAL))).toBe(false);
    expect(existsSync(join(images(), home.image))).toBe(true);
    expect(existsSync(join(home.dir, 'home/cache/capabilities.json'))).toBe(true);
    expect((await home.run(['prune', '--yes'])).out).toBe('There is nothing to prune.\n');
  });

  it('is left alone where others may use it, or while somebody works', async () => {
    const paths = home.know();
    writeFileSync(paths.lock, '');
    const holder = spawn('flock', ['-x', paths.lock, 'sh', '-c', 'echo held; read -r x'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    const busy = await home.run(['prune', '--yes', '--progress', 'plain']);
    expect(busy.err).toContain(`left alone: images: somebody works on the project in ${home.project}`);
    holder.stdin.end('\n');
    await new Promise((resolve) => holder.once('close', resolve));

    process.env['AI_VM_IMAGES'] = images();
    renameSync(images(), `${images()}-shared`);
    process.env['AI_VM_IMAGES'] = `${images()}-shared`;
    const { err } = await home.run(['prune', '--yes', '--progress', 'plain']);
    expect(err).toContain('AI_VM_IMAGES');
    expect(existsSync(join(`${images()}-shared`, UNUSED))).toBe(true);
    expect((await home.run(['prune', '--images', '--yes'])).code).toBe(0);
    expect(existsSync(join(`${images()}-shared`, UNUSED))).toBe(false);
  });

  it('has orphans only when they are asked for', async () => {
    const { disk } = home.stopped('dev');
    renameSync(home.project, join(home.dir, 'moved'));
    await home.json(['prune', '--yes'], 'prune', '/');
    expect(existsSync(disk)).toBe(true);
    const { items } = (await home.json(['prune', '--orphans', '--yes'], 'prune', '/')) as { items: unknown[] };
    expect(items).toMatchObject([{ kind: 'project', name: 'shop', removed: true }]);
    expect(existsSync(home.paths().projectFile)).toBe(false);
  });

  it('does not lose an image to --no-cache that a disk stands on', async () => {
    const digest = debianDigest({ provider: 'debian', packages: [], agents: [], desktop: false });
    const dir = home.makeImage(digest);
    home.stopped('other', { applied: { image: digest } });
    const { code, err } = await home.run(['build', '--no-cache', '--progress', 'plain']);
    expect(code).toBe(1);
    expect(err).toContain('Disks stand on it, and would be damaged: shop/other.');
    expect(existsSync(dir)).toBe(true);
  });
});
