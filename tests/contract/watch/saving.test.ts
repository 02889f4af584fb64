/** Every way in which a file is saved, on a real file system: seen, once for each content, and nothing else is. */
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import type { FileChange } from '../../../src/model/watch.ts';
import { watchFiles, type FileWatch } from '../../../src/watch/files.ts';
import type { OpenWatch } from '../../../src/watch/hints.ts';
import { CLOCK } from '../../../src/watch/settle.ts';

let dir = '';
let file = '';
let other = '';
let seen: FileChange[] = [];
let exhausted: string[] = [];
let watching: FileWatch;

/** Much longer than anything takes, on a machine that is busy with other things. */
const LIMIT = 15_000;

/** Waits for what has to come, and fails when it does not. */
async function until(what: string, holds: () => boolean): Promise<void> {
  const end = performance.now() + LIMIT;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`${what}: never; seen: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const start = async (paths: readonly string[], open?: OpenWatch): Promise<void> => {
  watching = watchFiles({
    clock: CLOCK,
    changed: (changes) => seen.push(...changes),
    exhausted: (how) => exhausted.push(how),
    failed: (error) => {
      throw error;
    },
    ...(open ? { open } : {}),
  });
  await watching.after(watching.before(), paths);
};

/** Something that is certainly seen, after which all that happened before it has been, too. */
async function nothingBut(expected: readonly FileChange[]): Promise<void> {
  const marker = join(dir, 'marker');
  writeFileSync(marker, String(Math.random()));
  await until('the marker', () => seen.some(({ path }) => path === marker));
  expect(seen.filter(({ path }) => path !== marker)).toEqual(expected);
  seen = [];
}

const changed = (path = file): FileChange => ({ path, what: 'changed' });

beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'ai-vm-watch-')));
  file = join(dir, 'ai-vm.yaml');
  other = join(dir, 'ai-vm.override.yaml');
  seen = [];
  exhausted = [];
  writeFileSync(file, 'one');
});

afterEach(() => {
  watching.close();
  rmSync(dir, { recursive: true, force: true });
});

const watchAll = (): Promise<void> => start([file, other, join(dir, 'marker')]);

describe('a file that is saved', () => {
  it.each<[string, () => void]>([
    ['in place', () => writeFileSync(file, 'two')],
    ['by appending', () => appendFileSync(file, 'two')],
    [
      'by renaming another one over it',
      () => {
        writeFileSync(`${file}.tmp`, 'two');
        renameSync(`${file}.tmp`, file);
      },
    ],
    [
      'as vim does, with a backup that it was renamed to',
      () => {
        renameSync(file, `${file}~`);
        writeFileSync(file, 'two');
        unlinkSync(`${file}~`);
      },
    ],
    [
      'as vim does, with a backup that is a copy',
      () => {
        copyFileSync(file, `${file}~`);
        writeFileSync(file, 'two');
        unlinkSync(`${file}~`);
      },
    ],
    [
      'by deleting and creating it',
      () => {
        unlinkSync(file);
        writeFileSync(file, 'two');
      },
    ],
  ])('%s, again and again', async (_how, save) => {
    await watchAll();
    save();
    await until('the change', () => seen.length > 0);
    await nothingBut([changed()]);
    // Whoever watched the file itself would have the old one now.
    writeFileSync(file, 'three');
    await until('the next one', () => seen.length > 0);
    await nothingBut([changed()]);
    save();
    await until('the same once more', () => seen.length > 0);
    await nothingBut([changed()]);
  });

  it('twice within 50 ms is seen as it is in the end', async () => {
    await watchAll();
    writeFileSync(file, 'two');
    await new Promise((resolve) => setTimeout(resolve, 20));
    writeFileSync(file, 'three');
    await until('the change', () => seen.length > 0);
    // A machine that is busy may see both; the end is always seen.
    const digest = watching.before().get(file)?.digest;
    writeFileSync(join(dir, 'marker'), 'three');
    writeFileSync(file, 'three');
    await until('the marker', () => seen.some(({ path }) => path.endsWith('marker')));
    expect(watching.before().get(file)?.digest).toBe(digest);
  });

  it('with the content that it had is nothing, and so is a touch', async () => {
    await watchAll();
    utimesSync(file, new Date(), new Date());
    writeFileSync(file, 'one');
    await nothingBut([]);
  });

  it('is gone, and is back', async () => {
    await watchAll();
    unlinkSync(file);
    await until('that it is gone', () => seen.length > 0);
    await nothingBut([{ path: file, what: 'removed' }]);
    writeFileSync(file, 'one');
    await until('that it is back', () => seen.length > 0);
    await nothingBut([{ path: file, what: 'appeared' }]);
  });

  it('did not exist before', async () => {
    await watchAll();
    writeFileSync(other, 'new');
    await until('the new one', () => seen.length > 0);
    await nothingBut([{ path: other, what: 'appeared' }]);
  });
});

describe('a file behind symbolic links', () => {
  it('is another one when the link is', async () => {
    const link = join(dir, 'link.yaml');
    writeFileSync(join(dir, 'b.yaml'), 'two');
    symlinkSync('ai-vm.yaml', link);
    await start([link, join(dir, 'marker')]);
    symlinkSync('b.yaml', `${link}.tmp`);
    renameSync(`${link}.tmp`, link);
    await until('the swap', () => seen.length > 0);
    await nothingBut([changed(link)]);
    // And what it leads to now is watched.
    writeFileSync(join(dir, 'b.yaml'), 'three');
    await until('the write', () => seen.length > 0);
    await nothingBut([changed(link)]);
  });

  it('is another one when a directory on the way is swapped, as Kubernetes does', async () => {
    const mount = join(dir, 'config');
    for (const [name, text] of [
      ['..one', 'one'],
      ['..two', 'two'],
    ] as const) {
      mkdirSync(join(mount, name), { recursive: true });
      writeFileSync(join(mount, name, 'ai-vm.yaml'), text);
    }
    symlinkSync('..one', join(mount, '..data'));
    const path = join(mount, 'ai-vm.yaml');
    symlinkSync('..data/ai-vm.yaml', path);
    await start([path, join(dir, 'marker')]);
    symlinkSync('..two', join(mount, '..data_tmp'));
    renameSync(join(mount, '..data_tmp'), join(mount, '..data'));
    rmSync(join(mount, '..one'), { recursive: true });
    await until('the swap', () => seen.length > 0);
    await nothingBut([changed(path)]);
    writeFileSync(join(mount, '..two', 'ai-vm.yaml'), 'three');
    await until('the write', () => seen.length > 0);
    await nothingBut([changed(path)]);
  });
});

describe('directories', () => {
  it('may vanish with the file and come back, also by another one that takes the name', async () => {
    const sub = join(dir, 'deep', 'sub');
    const path = join(sub, 'more.yaml');
    mkdirSync(sub, { recursive: true });
    writeFileSync(path, 'one');
    await start([path, join(dir, 'marker')]);
    rmSync(join(dir, 'deep'), { recursive: true });
    await until('that it is gone', () => seen.length > 0);
    await nothingBut([{ path, what: 'removed' }]);
    mkdirSync(sub, { recursive: true });
    writeFileSync(path, 'two');
    await until('that it is back', () => seen.length > 0);
    await nothingBut([{ path, what: 'appeared' }]);
    mkdirSync(join(dir, 'other', 'sub'), { recursive: true });
    writeFileSync(join(dir, 'other', 'sub', 'more.yaml'), 'three');
    renameSync(join(dir, 'deep'), join(dir, 'old'));
    renameSync(join(dir, 'other'), join(dir, 'deep'));
    await until('the other one', () => seen.length > 0);
    writeFileSync(path, 'four');
    const before = watching.before().get(path)?.digest;
    await until('a write in it', () => watching.before().get(path)?.digest !== before);
  });

  it('a checkout of another branch changes several files at once', async () => {
    const git = (...args: string[]): Promise<unknown> =>
      execa('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], { cwd: dir });
    await git('init', '-q', '-b', 'main');
    writeFileSync(other, 'one');
    await git('add', '.');
    await git('commit', '-qm', 'one');
    await git('checkout', '-qb', 'next');
    writeFileSync(file, 'two');
    unlinkSync(other);
    await git('commit', '-qam', 'two');
    await watchAll();
    await git('checkout', '-q', 'main');
    await until('both', () => seen.length >= 2);
    await nothingBut([changed(), { path: other, what: 'appeared' }]);
    await git('checkout', '-q', 'next');
    await until('both again', () => seen.length >= 2);
    await nothingBut([changed(), { path: other, what: 'removed' }]);
  });
});

describe('when the kernel does not help', () => {
  const refuse =
    (code: string): OpenWatch =>
    () => {
      throw Object.assign(new Error(`${code}: no more watches`), { code });
    };

  it.each(['ENOSPC', 'EMFILE'])('%s: says so once, and sees every change all the same', async (code) => {
    await start([file, other, join(dir, 'marker')], refuse(code));
    writeFileSync(file, 'two');
    await until('the change', () => seen.length > 0);
    await nothingBut([changed()]);
    writeFileSync(other, 'new');
    await until('the new one', () => seen.length > 0);
    await nothingBut([{ path: other, what: 'appeared' }]);
    expect(exhausted).toEqual([code]);
  });

  it('events that get lost are made up for', async () => {
    const { watch } = await import('node:fs');
    await start([file, join(dir, 'marker')], (path) => watch(path, { persistent: false }, () => undefined));
    writeFileSync(file, 'two');
    await until('the change', () => seen.length > 0);
    expect(seen).toEqual([changed()]);
  });
});

describe('a directory that somebody fills', () => {
  it('costs no watch for each file, and does not keep a change from being seen', async () => {
    const opened: string[] = [];
    const { watch } = await import('node:fs');
    await start([file, join(dir, 'marker')], (path, heard) => {
      opened.push(path);
      return watch(path, { persistent: false }, (event, name) => {
        heard(event, name);
      });
    });
    const storm = execa('sh', ['-c', 'i=0; while :; do i=$((i+1)); : >"x$i"; rm "x$i"; mkdir -p "d$((i%500))"; done'], {
      cwd: dir,
      reject: false,
    });
    try {
      for (const text of ['two', 'three', 'four']) {
        seen = [];
        writeFileSync(file, text);
        await until(`the change to ${text}`, () => seen.some(({ path }) => path === file));
      }
    } finally {
      storm.kill('SIGKILL');
      await storm;
    }
    expect(new Set(opened)).toEqual(new Set([dir]));
  });

  it('nor does a file that is never at rest', async () => {
    await watchAll();
    let n = 0;
    const busy = setInterval(() => {
      n += 1;
      writeFileSync(file, `text ${n}`);
    }, 20);
    try {
      await until('several changes', () => seen.length >= 3);
    } finally {
      clearInterval(busy);
    }
  });
});
