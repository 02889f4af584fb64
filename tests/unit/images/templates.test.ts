import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  findTemplate,
  makeTemplate,
  removeTemplate,
  TEMPLATE,
  templatesDir,
  unlessMaking,
  verifyTemplate,
  type Template,
  type TemplateHost,
  type TemplateKey,
  type TemplateManifest,
} from '../../../src/images/templates.ts';
import { GiB } from '../../../src/model/units.ts';

const { signal } = new AbortController();
const quiet = { signal, onWait: () => undefined };
const DAY = 24 * 3600 * 1000;

const HOST: TemplateHost = { qemu: '7.2 /q 1 2', kernel: '6.1', accelerator: 'tcg', cpu: '' };
const keyOf = (slot: string, digest: string, host: Partial<TemplateHost> = {}): TemplateKey => ({
  slot: slot.repeat(16),
  digest: digest.repeat(16),
  host: { ...HOST, ...host },
});
const KEY = keyOf('a', '1');

let images: string;
beforeEach(async () => {
  images = await mkdtemp(join(tmpdir(), 'ai-vm-templates-'));
});
afterEach(() => rm(images, { recursive: true }));

const fill = async (dir: string) => {
  for (const name of Object.values(TEMPLATE)) await writeFile(join(dir, name), `${name} of a guest`);
  return { image: 'abc', waiting: { settle: 700, grow: 701 } };
};
const make = (key: TemplateKey): Promise<Template> => makeTemplate(images, key, quiet, fill);

/** What is there beside locks. */
const shown = async (): Promise<string[]> =>
  (await readdir(templatesDir(images))).filter((name) => !name.startsWith('.')).sort();

/** A template that looks larger and older than it is. */
async function age(template: Template, used: number, size?: number): Promise<void> {
  const path = join(template.dir, 'manifest.json');
  if (size !== undefined) {
    const manifest = JSON.parse(await readFile(path, 'utf8')) as TemplateManifest;
    const files = { ...manifest.files, [TEMPLATE.memory]: { size, sha256: null } };
    await writeFile(path, JSON.stringify({ ...manifest, files }));
    await truncate(join(template.dir, TEMPLATE.memory), 0);
  }
  const when = new Date(Date.now() - used);
  await utimes(path, when, when);
}

describe('a template', () => {
  it('is none before it is made, and usable from then on', async () => {
    expect(await findTemplate(images, KEY)).toEqual({ kind: 'none' });
    const made = await make(KEY);
    expect(made.manifest).toMatchObject({ key: KEY, image: 'abc', waiting: { settle: 700, grow: 701 } });
    expect(made.manifest.files[TEMPLATE.memory]).toEqual({ size: 'memory.bin of a guest'.length, sha256: null });
    expect(await findTemplate(images, KEY)).toEqual({ kind: 'usable', template: made });
    await expect(verifyTemplate(made, signal)).resolves.toBeUndefined();
    for (const name of Object.values(TEMPLATE)) expect((await stat(join(made.dir, name))).mode & 0o777).toBe(0o400);
  });

  it('of another chassis or image is none', async () => {
    await make(KEY);
    expect(await findTemplate(images, keyOf('b', '1'))).toEqual({ kind: 'none' });
  });

  it.each<[string, Partial<TemplateHost>, RegExp]>([
    ['qemu', { qemu: '8.2' }, /QEMU is another one/],
    ['kernel', { kernel: '6.2' }, /another kernel/],
    ['accelerator', { accelerator: 'kvm' }, /made with tcg/],
    ['cpu', { cpu: 'ffff' }, /another CPU/],
    ['arguments', {}, /other machine arguments/],
  ])('is stale on a host of another %s, and says so', async (_, host, why) => {
    await make(KEY);
    expect(await findTemplate(images, keyOf('a', '2', host))).toEqual({
      kind: 'stale',
      why: expect.stringMatching(why) as unknown as string,
    });
  });

  const damages: readonly (readonly [string, (dir: string) => Promise<unknown>])[] = [
    ...Object.values(TEMPLATE).flatMap((name) => [
      [`${name} is gone`, (dir: string) => rm(join(dir, name))] as const,
      [`${name} is shorter`, (dir: string) => truncate(join(dir, name), 3)] as const,
    ]),
    ['a file is a directory', async (dir) => (await rm(join(dir, 'state')), mkdir(join(dir, 'state')))],
    ['a file is a link', async (dir) => (await rm(join(dir, 'state')), symlink('memory.bin', join(dir, 'state')))],
    ['its manifest is gone', (dir) => rm(join(dir, 'manifest.json'))],
    ...['', '{', 'null', '[]', '{"formatVersion":1}', '{"formatVersion":1,"key":null,"waiting":null,"files":null}'].map(
      (text) => [`its manifest is ${text}`, (dir: string) => writeFile(join(dir, 'manifest.json'), text)] as const,
    ),
  ];
  it.each(damages)('is stale when %s, and is made anew', async (_, damage) => {
    const { dir } = await make(KEY);
    await chmod(join(dir, 'state'), 0o600);
    await damage(dir);
    expect(await findTemplate(images, KEY)).toEqual({ kind: 'stale', why: 'its template is damaged' });
    await make(KEY);
    expect((await findTemplate(images, KEY)).kind).toBe('usable');
    expect(await shown()).toEqual([`${KEY.slot}-${KEY.digest}`]);
  });

  it('is damaged when its manifest has no files, and nothing breaks over it', async () => {
    const { dir, manifest } = await make(KEY);
    for (const files of [null, [], { state: null }]) {
      await writeFile(join(dir, 'manifest.json'), JSON.stringify({ ...manifest, files }));
      expect(await findTemplate(images, KEY)).toEqual({ kind: 'stale', why: 'its template is damaged' });
    }
  });

  it.each([TEMPLATE.index, TEMPLATE.state, TEMPLATE.disk])('whose %s has changed is refused', async (name) => {
    const template = await make(KEY);
    const path = join(template.dir, name);
    const text = await readFile(path, 'utf8');
    await chmod(path, 0o600);
    await writeFile(path, text.replace('guest', 'ghost'));
    expect((await findTemplate(images, KEY)).kind).toBe('usable');
    await expect(verifyTemplate(template, signal)).rejects.toMatchObject({ code: 'image.corrupt', why: path });
    await rm(path);
    await expect(verifyTemplate(template, signal)).rejects.toMatchObject({ code: 'image.corrupt' });
  });

  it('notes that it was used, and stops looking when nobody wants it', async () => {
    const template = await make(KEY);
    await age(template, 10 * DAY);
    await verifyTemplate(template, signal);
    expect(Date.now() - (await stat(join(template.dir, 'manifest.json'))).mtimeMs).toBeLessThan(DAY);
    await expect(verifyTemplate(template, AbortSignal.abort())).rejects.toThrow('abort');
  });

  it('can be removed, also twice', async () => {
    const template = await make(KEY);
    await removeTemplate(template);
    await removeTemplate(template);
    expect(await shown()).toEqual([]);
  });
});

describe('making a template', () => {
  it('removes what is left of others that were cut off, and nothing of those that are being made', async () => {
    const root = templatesDir(images);
    const [cut, other] = [keyOf('b', '2'), keyOf('c', '3')];
    await mkdir(join(root, `${cut.slot}-${cut.digest}.partial`), { recursive: true });
    let atIt!: () => void;
    const begun = new Promise<void>((resolve) => (atIt = resolve));
    let finish!: () => void;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const slow = makeTemplate(images, other, quiet, async (dir) => {
      atIt();
      await finished;
      return fill(dir);
    });
    await begun;
    await make(KEY);
    expect(await shown()).toEqual([`${KEY.slot}-${KEY.digest}`, `${other.slot}-${other.digest}.partial`]);
    const cleared: string[] = [];
    for (const { digest } of [cut, other]) {
      await unlessMaking(images, digest.slice(0, 8), () => Promise.resolve(void cleared.push(digest)));
    }
    expect(cleared).toEqual([cut.digest]);
    finish();
    await slow;
  });

  it('is done once when two want it, and the other is told that it waits', async () => {
    let made = 0;
    let waiting!: () => void;
    const someoneWaits = new Promise<void>((resolve) => (waiting = resolve));
    const one = () =>
      makeTemplate(images, KEY, { signal, onWait: waiting }, async (dir) => {
        made += 1;
        await someoneWaits;
        return fill(dir);
      });
    const [first, second] = await Promise.all([one(), one()]);
    expect(first).toEqual(second);
    expect(made).toBe(1);
  });

  it('that fails leaves nothing, and the next one succeeds', async () => {
    const fails = async (dir: string): Promise<never> => {
      await fill(dir);
      throw new Error('the guest did not boot');
    };
    await expect(makeTemplate(images, KEY, quiet, fails)).rejects.toThrow('did not boot');
    expect(await shown()).toEqual([]);
    expect(await findTemplate(images, KEY)).toEqual({ kind: 'none' });
    await make(KEY);
  });

  it('that forgets a file leaves nothing', async () => {
    const forgets = async (dir: string) => {
      const made = await fill(dir);
      await rm(join(dir, TEMPLATE.state));
      return made;
    };
    await expect(makeTemplate(images, KEY, quiet, forgets)).rejects.toThrow('ENOENT');
    expect(await shown()).toEqual([]);
  });

  it('begins with nothing of one that was killed', async () => {
    const partial = join(templatesDir(images), `${KEY.slot}-${KEY.digest}.partial`);
    await mkdir(partial, { recursive: true });
    await writeFile(join(partial, 'memory.bin'), 'half of it');
    expect(await findTemplate(images, KEY)).toEqual({ kind: 'none' });
    await makeTemplate(images, KEY, quiet, async (dir) => {
      expect(await readdir(dir)).toEqual([]);
      return fill(dir);
    });
    expect(await shown()).toEqual([`${KEY.slot}-${KEY.digest}`]);
  });

  it('removes those of its slot, which it replaces', async () => {
    for (const digest of ['1', '2', '3']) await make(keyOf('a', digest));
    await make(keyOf('b', '1'));
    expect(await shown()).toEqual([`${'a'.repeat(16)}-${'3'.repeat(16)}`, `${'b'.repeat(16)}-${'1'.repeat(16)}`]);
  });

  it('removes those that nobody has used for a month, and what is no template', async () => {
    await age(await make(keyOf('a', '1')), 31 * DAY);
    await age(await make(keyOf('b', '1')), 29 * DAY);
    await mkdir(join(templatesDir(images), 'c-1'));
    await make(keyOf('d', '1'));
    expect((await shown()).map((name) => name[0])).toEqual(['b', 'd']);
  });

  it('removes those that were used longest ago, until the rest is not too much', async () => {
    await age(await make(keyOf('a', '1')), 2 * DAY, 3 * GiB);
    await age(await make(keyOf('b', '1')), 4 * DAY, 3 * GiB);
    await age(await make(keyOf('c', '1')), 3 * DAY, 3 * GiB);
    await age(await make(keyOf('d', '1')), 5 * DAY, 3 * GiB);
    await make(keyOf('e', '1'));
    expect((await shown()).map((name) => name[0])).toEqual(['a', 'c', 'e']);
  });
});
