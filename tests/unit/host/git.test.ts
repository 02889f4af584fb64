import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readGitFile, type GitFile, type GitPlace } from '../../../src/host/git.ts';
import { serveRepository, type GitServer } from '../../support/git-server.ts';

let top: string;
let server: GitServer;
beforeAll(async () => {
  top = mkdtempSync(join(tmpdir(), 'git-test-'));
  server = await serveRepository(top, {
    'ai-vm.yaml': 'vms: {dev: }\n',
    'deep/odd name.toml': '[vms.x]\n',
    'large.yaml': Buffer.alloc(2 * 1024 * 1024, 'a'),
    'binary.yaml': Buffer.from([0xff, 0xfe]),
    '.gitattributes': '*.yaml filter=evil\n',
  });
});
afterAll(async () => {
  await server.close();
  rmSync(top, { recursive: true });
});

let count = 0;
/** With caches of its own, and a user whose configuration would run programs. */
function place(over: Partial<GitPlace> = {}): GitPlace {
  const dir = join(top, `place-${count++}`);
  mkdirSync(dir);
  const evil = `touch ${join(dir, 'evil')}`;
  writeFileSync(
    join(dir, '.gitconfig'),
    `[credential]\n\thelper = "!${evil}"\n[filter "evil"]\n\tsmudge = "${evil}"\n[core]\n\tfsmonitor = "${evil}"\n` +
      `[url "ext::sh -c 'touch ${dir}/evil'"]\n\tinsteadOf = http\n`,
  );
  const env = { ...process.env, HOME: dir, GIT_DIR: '/nowhere', GIT_SSH: '/bin/false' };
  return { cacheHome: join(dir, 'cache'), env, signal: new AbortController().signal, ...over };
}

const file = (over: Partial<GitFile> = {}): GitFile => ({
  url: server.url,
  commit: server.commit,
  path: 'ai-vm.yaml',
  ...over,
});
const left = ({ cacheHome }: GitPlace): string[] =>
  existsSync(join(cacheHome, 'git')) ? readdirSync(join(cacheHome, 'git')) : [];

describe('a file of a repository', () => {
  it('is fetched once, by nothing but what we say, and read without a network from then on', async () => {
    const here = place();
    expect(await readGitFile(file(), here)).toBe('vms: {dev: }\n');
    const before = server.requests();
    expect(await readGitFile(file({ path: 'deep/odd name.toml', url: 'http://127.0.0.1:1/gone.git' }), here)).toBe(
      '[vms.x]\n',
    );
    expect(server.requests()).toBe(before);
    expect(left(here)).toEqual([`${server.commit}.git`]);
    expect(existsSync(join(here.cacheHome, '../evil'))).toBe(false);
  });

  it('may be asked for twice at the same time', async () => {
    const here = place();
    expect(await Promise.all([readGitFile(file(), here), readGitFile(file(), here)])).toEqual(
      Array(2).fill('vms: {dev: }\n'),
    );
    expect(left(here)).toEqual([`${server.commit}.git`]);
  });

  it.each([
    ['gone.yaml', 'gone.yaml'],
    ['deep', 'bad file'],
    ['large.yaml', 'larger than 1 MiB'],
    ['binary.yaml', 'not valid'],
  ])('is refused where it is none that can be read: %s', async (path, why) => {
    await expect(readGitFile(file({ path }), place())).rejects.toMatchObject({
      code: 'config.unreachable',
      why: expect.stringContaining(why),
    });
  });

  it.each([
    ['a commit that is not there', { commit: '0'.repeat(40) }],
    ['a host that does not answer', { url: 'http://127.0.0.1:1/x.git' }],
    ['a local repository', { url: 'file:///tmp/x.git' }],
    ['a program', { url: 'ext::sh -c true' }],
  ])('leaves nothing behind when it is of %s', async (_what, over) => {
    const here = place();
    await expect(readGitFile(file(over), here)).rejects.toMatchObject({ code: 'config.unreachable' });
    expect(left(here)).toEqual([]);
  });

  it('can be given up, and leaves nothing behind', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const controller = new AbortController();
    const here = place({ signal: controller.signal });
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/x.git`;
    silent.once('connection', (socket) => {
      socket.resume();
      controller.abort();
    });
    await expect(readGitFile(file({ url }), here)).rejects.toMatchObject({ code: 'interrupted' });
    expect(left(here)).toEqual([]);
    await new Promise((resolve) => silent.close(resolve));
  });
});
