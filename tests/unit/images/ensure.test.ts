import { mkdir, mkdtemp, readdir, rm, writeFile, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ensureBundle } from '../../../src/images/index.ts';
import { makeDebian, type Builder } from '../../../src/images/debian/provider.ts';
import { debianDigest } from '../../../src/images/debian/recipe.ts';
import { sealBundle } from '../../../src/images/bundle.ts';
import { runStages } from '../../../src/images/partial.ts';
import type { Provider } from '../../../src/images/provider.ts';
import type { DebianImage } from '../../../src/model/desired.ts';

const AROUND = { place: { projectDir: '/', env: {}, locksDir: '/' }, inUse: () => Promise.resolve(null) };

const image: DebianImage = { provider: 'debian', packages: [], agents: [], desktop: false };
const digest = debianDigest(image);

let root: string;
let imagesDir: string;
let cacheDir: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ai-vm-ensure-'));
  imagesDir = join(root, 'images');
  cacheDir = join(root, 'cache');
});
afterEach(() => rm(root, { recursive: true }));

const seal = async (dir: string): Promise<void> => {
  for (const name of ['vmlinux', 'initrd.img', 'root.qcow2']) await writeFile(join(dir, name), name);
  await sealBundle(dir, {
    formatVersion: 1,
    digest,
    provider: 'debian',
    arch: 'x86_64',
    boot: { kernel: 'vmlinux', initrd: 'initrd.img', params: [] },
    disk: { file: 'root.qcow2', format: 'qcow2', virtualSize: 1 },
    versions: { distribution: 'debian 13', kernel: '6.12', systemd: 257 },
    features: [],
    agents: [],
  });
};

const ensure = (build: Builder, said: string[] = [], signal?: AbortSignal): ReturnType<typeof ensureBundle> =>
  ensureBundle(
    image,
    digest,
    { ...AROUND, imagesDir, cacheDir, progress: (text) => said.push(text), ...(signal ? { signal } : {}) },
    through(build),
  );

/** The real provider, but for what fills the directory. */
const through = (build: Builder): Provider => ({
  programs: [],
  check: () => Promise.resolve(),
  make: (of, job) => makeDebian(of as DebianImage, job, build),
});

describe('ensureBundle', () => {
  it('builds once and finds it from then on', async () => {
    let builds = 0;
    const build: Builder = async ({ dir }) => {
      builds += 1;
      await seal(dir);
    };
    const first = await ensure(build);
    expect(first.dir).toBe(join(imagesDir, digest));
    expect(await ensure(build)).toEqual(first);
    expect(builds).toBe(1);
    expect((await readdir(imagesDir)).filter((name) => !name.startsWith('.'))).toEqual([digest]);
  });

  it('builds only once when several ask at the same time, and the others say what they wait for', async () => {
    let builds = 0;
    let waiting!: () => void;
    const someoneWaits = new Promise<void>((resolve) => (waiting = resolve));
    const build: Builder = async ({ dir }) => {
      builds += 1;
      await someoneWaits;
      await seal(dir);
    };
    const said: string[] = [];
    const options = {
      ...AROUND,
      imagesDir,
      cacheDir,
      progress: (text: string) => {
        said.push(text);
        waiting();
      },
    };
    const bundles = await Promise.all([1, 2, 3].map(() => ensureBundle(image, digest, options, through(build))));
    expect(new Set(bundles.map(({ dir }) => dir)).size).toBe(1);
    expect(builds).toBe(1);
    expect(said).toContain('waiting for another build of this image');
  });

  it('leaves nothing that looks finished when a build fails, and goes on where it was', async () => {
    const ran: string[] = [];
    const attempt =
      (fail: boolean): Builder =>
      async ({ dir }) => {
        await runStages(dir, [
          {
            name: 'first',
            run: () => {
              ran.push('first');
              return Promise.resolve();
            },
          },
          {
            name: 'second',
            run: async () => {
              ran.push('second');
              if (fail) throw new Error('the network is gone');
              await seal(dir);
            },
          },
        ]);
      };
    await expect(ensure(attempt(true))).rejects.toThrow('the network is gone');
    expect(await readdir(imagesDir)).toContain(`${digest}.partial`);
    expect(await readdir(imagesDir)).not.toContain(digest);
    await ensure(attempt(false));
    expect(ran).toEqual(['first', 'second', 'second']);
  });

  it('builds a damaged one again', async () => {
    const { dir } = await ensure(({ dir: at }) => seal(at));
    await rm(join(dir, 'root.qcow2'));
    const again = await ensure(({ dir: at }) => seal(at));
    expect(await readFile(join(again.dir, 'root.qcow2'), 'utf8')).toBe('root.qcow2');
  });

  it("removes what interrupted builds left that nobody holds, and not another builder's", async () => {
    const [stale, held] = ['a'.repeat(64), 'b'.repeat(64)];
    await mkdir(join(imagesDir, `${stale}.partial`, 'work'), { recursive: true });
    await mkdir(join(imagesDir, `${held}.partial`), { recursive: true });
    await mkdir(join(imagesDir, 'notes.partial'));
    const { asOnlyBuilder } = await import('../../../src/images/partial.ts');
    await asOnlyBuilder(imagesDir, held, { onWait: () => undefined }, () => ensure(({ dir }) => seal(dir)));
    const left = await readdir(imagesDir);
    expect(left).not.toContain(`${stale}.partial`);
    expect(left).toEqual(expect.arrayContaining([`${held}.partial`, 'notes.partial', digest]));
  });

  it('stops waiting when it is told to', async () => {
    const controller = new AbortController();
    let inside!: () => void;
    const started = new Promise<void>((resolve) => (inside = resolve));
    let finish!: () => void;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const first = ensure(async ({ dir }) => {
      inside();
      await finished;
      await seal(dir);
    });
    await started;
    const second = ensureBundle(
      image,
      digest,
      {
        ...AROUND,
        imagesDir,
        cacheDir,
        signal: controller.signal,
        progress: () => controller.abort(new Error('enough')),
      },
      through(({ dir }) => seal(dir)),
    );
    await expect(second).rejects.toThrow('enough');
    finish();
    await first;
  });
});
