import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { findConfig } from '../../../src/host/config-files.ts';
import { AiVmError } from '../../../src/model/errors.ts';

/** No part of Node's own file system. */
const MAKE_PIPE = 'mkfifo';

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
