import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { findConfigs, readBeside, readOutside } from '../../../src/host/config-files.ts';
import { AiVmError } from '../../../src/model/errors.ts';

/** No part of Node's own file system. */
const MAKE_PIPE = 'mkfifo';

const noStdin = (): Promise<string> => Promise.reject(new Error('not asked for'));
const findConfig = async (cwd: string, explicit?: string) =>
  (await findConfigs({ cwd, files: explicit === undefined ? [] : [explicit], stdin: noStdin })).files[0]!;

let top: string;
beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'config-files-')));
  mkdirSync(join(top, 'project/a/b'), { recursive: true });
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(top, { recursive: true });
});

const put = (path: string, text: string | Buffer = 'vms: {dev: }\n'): void => writeFileSync(join(top, path), text);

async function problem(
  cwd: string,
  explicit?: string,
): Promise<{ code: string; text: string; fix: string | undefined }> {
  try {
    await findConfig(join(top, cwd), explicit);
  } catch (error) {
    if (!(error instanceof AiVmError)) throw error;
    const text = [error.message, error.why].filter((part) => part !== undefined).join('; ');
    return { code: error.code, text: text.replaceAll(top, ''), fix: error.fix?.replaceAll(top, '') };
  }
  throw new Error('nothing was wrong');
}

describe('discovery', () => {
  it.each(['ai-vm.yaml', 'ai-vm.yml', 'ai-vm.toml'])('walks up to %s', async (name) => {
    put(`project/${name}`, 'x');
    expect(await findConfig(join(top, 'project/a/b'))).toEqual({
      path: join(top, 'project', name),
      dir: join(top, 'project'),
      text: 'x',
    });
  });

  it('takes the nearest', async () => {
    put('project/ai-vm.yaml');
    put('project/a/ai-vm.toml', 'near');
    expect(await findConfig(join(top, 'project/a/b'))).toMatchObject({ text: 'near' });
  });

  it('gives the real directory', async () => {
    put('project/ai-vm.yaml');
    symlinkSync('project', join(top, 'link'));
    expect(await findConfig(join(top, 'link/a'))).toMatchObject({ dir: join(top, 'project') });
  });

  it('refuses two in one directory', async () => {
    put('project/ai-vm.yaml');
    put('project/ai-vm.toml');
    expect(await problem('project/a')).toEqual({
      code: 'config.unreadable',
      text: 'there are two configuration files in /project: ai-vm.yaml and ai-vm.toml; they may say different things, and it is not clear which one counts',
      fix: 'remove one of them, or name the one you mean with --file',
    });
  });

  it('says when there is none', async () =>
    expect(await problem('project/a')).toMatchObject({
      code: 'config.not-found',
      text: 'no ai-vm.yaml, ai-vm.yml or ai-vm.toml in /project/a or above',
    }));
});

describe('an explicit file', () => {
  it('counts from the working directory, and is the project there', async () => {
    put('project/a/other.yaml', 'x');
    expect(await findConfig(join(top, 'project'), 'a/other.yaml')).toEqual({
      path: join(top, 'project/a/other.yaml'),
      dir: join(top, 'project/a'),
      text: 'x',
    });
  });

  it('must exist', async () =>
    expect(await problem('project', 'no.yaml')).toMatchObject({
      code: 'config.not-found',
      text: '/project/no.yaml does not exist',
    }));
});

describe('stdin', () => {
  it.each([
    ['vms: {dev: }', 'stdin.yaml'],
    ['{"vms": {"dev": {}}}', 'stdin.yaml'],
    ['# a = 1\n- a\n', 'stdin.yaml'],
    ['[a, b]: c', 'stdin.yaml'],
    ['a: "b = c"', 'stdin.yaml'],
    ['# text\n\n[vms.dev]\n', 'stdin.toml'],
    ['[[x]] # text', 'stdin.toml'],
    ['vms.dev.cpus = 3', 'stdin.toml'],
    ['"a b" = 1', 'stdin.yaml'],
    ['name = "x"', 'stdin.toml'],
  ])('%j is taken for %s', async (text, name) => {
    const { files, dir } = await findConfigs({
      cwd: join(top, 'project'),
      files: ['-'],
      stdin: () => Promise.resolve(text),
    });
    expect(files).toEqual([{ path: join(top, 'project', name), dir: join(top, 'project'), text }]);
    expect(dir).toBe(join(top, 'project'));
  });
});

describe('an override', () => {
  const find = (): ReturnType<typeof findConfigs> =>
    findConfigs({ cwd: join(top, 'project/a'), files: [], stdin: () => Promise.resolve('') });

  it.each(['ai-vm.override.yaml', 'ai-vm.override.yml', 'ai-vm.override.toml'])(
    '%s lies over the file',
    async (name) => {
      put('project/ai-vm.toml', 'main');
      put(`project/${name}`, 'over');
      expect((await find()).files.map(({ text }) => text)).toEqual(['main', 'over']);
    },
  );

  it('is one alone, and none by itself', async () => {
    put('project/a/ai-vm.override.yaml');
    put('project/ai-vm.yaml');
    expect((await find()).files).toHaveLength(1);
    put('project/ai-vm.override.yaml');
    put('project/ai-vm.override.toml');
    await expect(find()).rejects.toThrow('ai-vm.override.yaml and ai-vm.override.toml');
  });
});

describe('a file that another one names', () => {
  const at = (name: string): Promise<string | null> => readBeside(join(top, name), join(top, 'project'));

  it('lies in the project, wherever links lead', async () => {
    put('project/a/x.yaml', 'in');
    put('out.yaml', 'out');
    symlinkSync('a/x.yaml', join(top, 'project/in.yaml'));
    symlinkSync('../out.yaml', join(top, 'project/out.yaml'));
    symlinkSync('/proc/self/environ', join(top, 'project/.env'));
    expect([await at('project/a/x.yaml'), await at('project/in.yaml'), await at('project/gone')]).toEqual([
      'in',
      'in',
      null,
    ]);
    for (const name of ['project/out.yaml', 'project/.env', 'out.yaml']) {
      await expect(at(name)).rejects.toMatchObject({ code: 'config.unreadable' });
    }
  });

  it('holds nobody up', async () => {
    execFileSync(MAKE_PIPE, [join(top, 'project/.env')]);
    await expect(at('project/.env')).rejects.toMatchObject({ code: 'config.unreadable' });
  });
});

describe('reading', () => {
  it.each([
    ['a directory', () => mkdirSync(join(top, 'project/ai-vm.yaml')), 'it is no regular file'],
    [
      'a pipe that nobody writes to',
      () => execFileSync(MAKE_PIPE, [join(top, 'project/ai-vm.yaml')]),
      'it is no regular file',
    ],
    ['a device', () => symlinkSync('/dev/zero', join(top, 'project/ai-vm.yaml')), 'it is no regular file'],
    [
      'a link to nowhere',
      () => symlinkSync('gone', join(top, 'project/ai-vm.yaml')),
      'it is a symbolic link that leads nowhere',
    ],
    [
      'a link to itself',
      () => symlinkSync('ai-vm.yaml', join(top, 'project/ai-vm.yaml')),
      'it is a symbolic link that leads to itself',
    ],
    [
      'a link to a secret',
      () => symlinkSync('/etc/passwd', join(top, 'project/ai-vm.yaml')),
      'it is a symbolic link that leads out of its directory',
    ],
    ['something large', () => put('project/ai-vm.yaml', Buffer.alloc(1024 * 1024 + 1, 'a')), 'it is larger than 1 MiB'],
    [
      'something that is no text',
      () => put('project/ai-vm.yaml', Buffer.from([0x61, 0xff, 0xfe])),
      'it is not UTF-8 text',
    ],
  ])('refuses %s', async (_title, make, why) => {
    make();
    expect(await problem('project')).toMatchObject({
      code: 'config.unreadable',
      text: `cannot read /project/ai-vm.yaml; ${why}`,
    });
  });

  it('takes exactly 1 MiB', async () => {
    put('project/ai-vm.yaml', Buffer.alloc(1024 * 1024, 'a'));
    expect((await findConfig(join(top, 'project'))).text).toHaveLength(1024 * 1024);
  });

  it('follows a link within the project', async () => {
    put('project/a/real.yaml', 'real');
    symlinkSync('a/real.yaml', join(top, 'project/ai-vm.yaml'));
    expect(await findConfig(join(top, 'project'))).toMatchObject({
      path: join(top, 'project/ai-vm.yaml'),
      text: 'real',
    });
  });

  it("refuses another user's file, unless it is root's, or root asks in that user's directory", async () => {
    put('project/ai-vm.yaml');
    const owner = process.getuid!();
    jest.spyOn(process, 'getuid').mockReturnValue(owner + 4711);
    if (owner === 0) {
      // Root's own file is everybody's to use.
      expect(await findConfig(join(top, 'project'))).toHaveProperty('text');
      chownSync(join(top, 'project/ai-vm.yaml'), 12345, 12345);
    }
    expect((await problem('project')).text).toContain('it belongs to another user');
    jest.spyOn(process, 'getuid').mockReturnValue(0);
    if (owner === 0) {
      // Such as a file that somebody has put into /tmp, above where root happens to work.
      expect((await problem('project/a')).text).toContain('it belongs to another user');
      chownSync(join(top, 'project'), 12345, 12345);
    }
    expect(await findConfig(join(top, 'project'))).toHaveProperty('text');
  });
});

describe('a file outside of the project', () => {
  const read = (path: string) => readOutside(join(top, path), join(top, 'project'));

  it('is known by where it really is', async () => {
    put('other.yaml', 'x');
    symlinkSync('other.yaml', join(top, 'link.yaml'));
    expect(await read('link.yaml')).toEqual({ realPath: join(top, 'other.yaml'), text: 'x' });
    expect(await read('gone.yaml')).toBeNull();
  });

  it('is a file on a disk, of a size that files have', async () => {
    execFileSync(MAKE_PIPE, [join(top, 'pipe')]);
    symlinkSync('/proc/self/status', join(top, 'status'));
    put('large.yaml', Buffer.alloc(1024 * 1024 + 1, 'a'));
    for (const [path, why] of [
      ['pipe', 'no regular file'],
      ['status', 'no file on a disk'],
      ['large.yaml', 'larger than 1 MiB'],
    ] as const) {
      await expect(read(path)).rejects.toMatchObject({ code: 'config.unreadable', why: expect.stringContaining(why) });
    }
  });
});
