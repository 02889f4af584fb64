import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { extract, pack, type Headers } from 'tar-stream';
import { packScript, parseCopy, targetScript, unpackScript } from '../../../../src/app/copy/paths.ts';
import { packSource } from '../../../../src/app/copy/read-tree.ts';
import { newTally, type Tally } from '../../../../src/app/copy/tally.ts';
import { unpackTo } from '../../../../src/app/copy/write-tree.ts';

const { signal } = new AbortController();
let dir = '';
let share = '';
let secret = '';
beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'ai-vm-copy-')));
  share = join(dir, 'share');
  mkdirSync(share);
  mkdirSync(join(dir, 'home'));
  secret = join(dir, 'home', 'secret');
  writeFileSync(secret, 'secret');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

type Member = Headers & { readonly text?: string };

async function archive(members: readonly Member[]): Promise<Buffer> {
  const it = pack();
  for (const { text = '', ...header } of members) it.entry(header, text);
  it.finalize();
  return buffer(it);
}

async function unpack(bytes: Buffer, target: string): Promise<Tally> {
  const tally = newTally();
  await unpackTo(Readable.from([bytes]), extract(), target, { guarded: [share], tally, signal });
  return tally;
}

async function packed(
  sources: readonly string[],
  name: string | null = null,
): Promise<{ bytes: Buffer; tally: Tally }> {
  const it = pack();
  const tally = newTally();
  const bytes = buffer(it);
  bytes.catch(() => undefined);
  try {
    for (const source of sources) await packSource(it, source, name, { guarded: [share], tally, signal });
  } catch (error) {
    it.destroy();
    throw error;
  }
  it.finalize();
  return { bytes: await bytes, tally };
}

const sh = (script: string, input?: Buffer): Buffer =>
  execFileSync('sh', ['-c', script], { env: { ...process.env, HOME: dir }, ...(input ? { input } : {}) });

describe('what cp is asked for', () => {
  it.each([
    [['a', 'b', 'dev:/tmp'], { way: 'in', vm: 'dev', sources: ['a', 'b'], target: '/tmp' }],
    [['dev:x', '.'], { way: 'out', vm: 'dev', sources: ['x'], target: '.' }],
    [['./a:b', 'dev:'], { way: 'in', vm: 'dev', sources: ['./a:b'], target: '' }],
  ])('%j', (words, copy) => expect(parseCopy(words)).toEqual(copy));

  it.each([[['a']], [['a', 'b']], [['dev:a', 'db:b']], [['dev:a', 'db:b', '.']], [['a', 'dev:b', '.']], [[]]])(
    'is wrong: %j',
    (words) => {
      expect(() => parseCopy(words)).toThrow(/side|expected/);
    },
  );
});

describe('the scripts for the guest', () => {
  it('bring what the paths name, patterns expanded, and a way back', async () => {
    const logs = join(dir, 'lo gs');
    mkdirSync(join(logs, 'deep'), { recursive: true });
    for (const name of ['a.log', "b'$x.log", 'c.txt', 'deep/d']) writeFileSync(join(logs, name), name);
    mkdirSync(join(dir, 'out'));
    expect(await unpack(sh(packScript([`${logs}/*.log`, '~/lo gs/deep'])), join(dir, 'out'))).toMatchObject({
      files: 3,
      skipped: [],
    });
    expect(readdirSync(join(dir, 'out')).sort()).toEqual(['a.log', "b'$x.log", 'deep']);
    expect(readFileSync(join(dir, 'out/deep/d'), 'utf8')).toBe('deep/d');
    // What is in a directory, and not it itself.
    await unpack(sh(packScript([`${logs}/.`])), join(dir, 'inner'));
    expect(() => sh(packScript(['/nowhere/x']))).toThrow();
  });

  it('do not run what a name says', () => {
    const evil = '/tmp/$(touch owned);`touch owned`/*';
    expect(() => sh(`cd ${dir}\n${packScript([evil])}`)).toThrow();
    expect(existsSync(join(dir, 'owned'))).toBe(false);
  });

  it('tell a directory, and unpack into it', async () => {
    expect(sh(targetScript('~/share')).toString()).toBe('dir\n');
    expect(sh(targetScript(`${dir}/new`)).toString()).toBe('file\n');
    const { bytes, tally } = await packed([secret, join(dir, 'home')]);
    expect(tally).toMatchObject({ files: 2 });
    sh(unpackScript(share, true), bytes);
    expect(readdirSync(share).sort()).toEqual(['home', 'secret']);
    const named = await packed([join(dir, 'home')], 'other');
    sh(unpackScript(join(dir, 'other'), false), named.bytes);
    expect(readFileSync(join(dir, 'other/secret'), 'utf8')).toBe('secret');
  });
});

describe('what a guest sends', () => {
  const target = (): string => join(dir, 'target');
  beforeEach(() => {
    mkdirSync(target());
  });

  it('is written with its modes, but for those that give rights', async () => {
    await unpack(await archive([{ name: './run', mode: 0o6755, text: 'x' }]), target());
    expect(lstatSync(join(target(), 'run')).mode & 0o7777).toBe(0o755);
  });

  it('is called as the target when that is not there', async () => {
    await unpack(await archive([{ name: 'a/b', text: 'x' }]), join(dir, 'new'));
    expect(readFileSync(join(dir, 'new/b'), 'utf8')).toBe('x');
    await expect(unpack(await archive([{ name: 'a' }, { name: 'b' }]), join(dir, 'two'))).rejects.toThrow(
      'several files',
    );
    await expect(unpack(await archive([{ name: 'a' }]), join(dir, 'no/where'))).rejects.toThrow('is no directory');
  });

  it.each(['../out', 'a/../../out', '/../out'])('never lies outside: %s', async (name) => {
    await expect(unpack(await archive([{ name, text: 'x' }]), target())).rejects.toThrow('outside of the target');
    expect(existsSync(join(dir, 'out'))).toBe(false);
  });

  it('makes no symlink that leads out, no device, and goes through none of its own', async () => {
    const members: Member[] = [
      { name: 'd/ok', type: 'symlink', linkname: 'file' },
      { name: 'd/file', text: 'x' },
      { name: 'd/abs', type: 'symlink', linkname: secret },
      { name: 'd/up', type: 'symlink', linkname: '../../home/secret' },
      { name: 'fifo', type: 'fifo' },
      { name: 'hard', type: 'link', linkname: 'd/file' },
    ];
    const { skipped, links } = await unpack(await archive(members), target());
    expect(links).toBe(1);
    expect(skipped).toHaveLength(4);
    expect(readlinkSync(join(target(), 'd/ok'))).toBe('file');
    expect(readdirSync(join(target(), 'd')).sort()).toEqual(['file', 'ok']);
    const through: Member[] = [
      { name: 'e/in', type: 'symlink', linkname: '.' },
      { name: 'e/in/x', text: 'x' },
    ];
    await expect(unpack(await archive(through), target())).rejects.toThrow('is a symlink');
  });

  it('replaces a planted symlink, and is written through none', async () => {
    symlinkSync(secret, join(share, 'a'));
    symlinkSync(join(dir, 'home'), join(share, 'sub'));
    await unpack(await archive([{ name: 'a', text: 'new' }]), share);
    expect(readFileSync(join(share, 'a'), 'utf8')).toBe('new');
    // A file that is there is replaced, too.
    await unpack(await archive([{ name: 'x', text: 'newer' }]), join(share, 'a'));
    expect(readFileSync(join(share, 'a'), 'utf8')).toBe('newer');
    await expect(unpack(await archive([{ name: 'sub/secret', text: 'new' }]), share)).rejects.toThrow('is a symlink');
    await expect(unpack(await archive([{ name: 'secret', text: 'new' }]), join(share, 'sub'))).rejects.toThrow(
      'is a symlink',
    );
    expect(readFileSync(secret, 'utf8')).toBe('secret');
    expect(readdirSync(share).filter((name) => name.startsWith('.ai-vm'))).toEqual([]);
  });

  it('goes through the symlinks of the user, where no guest can write', async () => {
    symlinkSync(target(), join(dir, 'mine'));
    await unpack(await archive([{ name: 'a', text: 'x' }]), join(dir, 'mine'));
    expect(readFileSync(join(target(), 'a'), 'utf8')).toBe('x');
  });
});

describe('what is read from a share', () => {
  it('is a symlink where a symlink was planted, not what it leads to', async () => {
    symlinkSync(secret, join(share, 'planted'));
    symlinkSync(join(dir, 'home'), join(share, 'sub'));
    const { bytes, tally } = await packed([join(share, 'planted'), share]);
    expect(tally).toMatchObject({ files: 0, links: 3 });
    expect(bytes.includes('secret\0')).toBe(true);
    expect(bytes.toString('latin1')).not.toMatch(/secret(?!\0)[^\0/]/);
    await expect(packed([join(share, 'sub/secret')])).rejects.toThrow('is a symlink');
  });

  it('says what is not there', async () => {
    await expect(packed([join(share, 'none')])).rejects.toThrow(`${join(share, 'none')} cannot be read`);
  });
});
