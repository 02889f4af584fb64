/**
 * An image build that fails, is interrupted, or is killed half-way, and what the next one makes of it. mmdebstrap is a
 * stand-in that mounts, starts processes and will not end by itself; only the last build is a real one.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { begin, type Running } from '../support/cli.ts';
import { until } from '../support/guest.ts';
import { leftovers, processesOf } from '../support/leftovers.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';
import { pathWith } from '../support/stand-ins.ts';

const FILE = 'name: half\nvms:\n  dev: {cpus: 1, memory: 768MiB, storage: 8GiB}\n';

/** Half of what mmdebstrap does: files that belong to others, a mount, a process in the background. */
const HALF = `echo 'I: running apt-get update...' >&2
mkdir -p root.partial/etc root.partial/var/cache/man
chown 6:12 root.partial/var/cache/man
mount -t tmpfs tmpfs root.partial/etc
echo half >root.partial/etc/half
sleep 987654 &`;

const FAILS = `${HALF}
echo 'Get:1 http://mirror/one.deb' >&2
echo 'E: Failed to fetch http://mirror/two.deb  Connection timed out' >&2
exit 25`;

const HANGS = `${HALF}
trap '' INT TERM HUP
echo 'I: downloading packages with apt...' >&2
while :; do sleep 1; done`;

const imagesOf = (box: Sandbox): string => join(box.dir, 'images');

function environment(box: Sandbox, mmdebstrap?: string): Record<string, string> {
  const images = { AI_VM_IMAGES: imagesOf(box) };
  return mmdebstrap === undefined ? images : { ...images, PATH: pathWith(join(box.dir, 'stand-ins'), { mmdebstrap }) };
}

function hang(box: Sandbox, args: readonly string[]): Running {
  return begin(args, { cwd: box.project, env: { ...box.env, ...environment(box, HANGS) }, as: box.user });
}

/** Until the stand-in has done its half. */
const halfWay = (box: Sandbox): Promise<unknown> =>
  until('a build that is half-way', () => Promise.resolve(backgroundOf(box).length > 0 ? true : null), 60_000);

/** The process that the stand-in leaves in the background; its output goes where the build reads it. */
const backgroundOf = (box: Sandbox): unknown[] =>
  processesOf([box.dir]).filter(({ cmdline }) => cmdline === 'sleep 987654');

const partials = (box: Sandbox): string[] =>
  readdirSync(imagesOf(box))
    .filter((name) => !name.startsWith('.'))
    .sort();

/** Nothing runs, nothing is mounted; no machine was made and the image is not there. */
function cutOffCleanly(box: Sandbox): void {
  expect(leftovers({ dirs: [box.dir] })).toEqual([]);
  expect(partials(box)).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.partial$/u)]);
  const projects = readdirSync(join(box.home, 'projects'));
  expect(projects.flatMap((id) => readdirSync(join(box.home, 'projects', id))).sort()).not.toContain('dev');
}

scenario(
  'an image build that does not come to its end',
  () => ({ files: { 'ai-vm.yaml': FILE } }),
  (obligation) => {
    obligation('shows why mmdebstrap failed and where its log is, and makes no machine', async (box) => {
      const { code, stderr } = await box.cli(['up'], { env: environment(box, FAILS) });
      expect(code).toBe(1);
      expect(stderr).toContain('the image could not be built');
      expect(stderr).toContain('E: Failed to fetch http://mirror/two.deb');
      expect(stderr).toContain('create dev: skipped');
      const log = /The whole log: (\S+)/u.exec(stderr)?.[1] ?? '';
      expect(readFileSync(log, 'utf8')).toContain('Get:1 http://mirror/one.deb');
      cutOffCleanly(box);
    });

    obligation('ends at the first Ctrl-C with all that it started, though that ignores every signal', async (box) => {
      const up = hang(box, ['up']);
      await halfWay(box);
      up.kill('SIGINT');
      const { code, stderr } = await up.ended;
      expect(code).toBe(130);
      expect(stderr).toContain('build the image of dev: interrupted');
      expect(stderr).toContain('Run the same command again');
      expect(stderr.match(/error:/gu)).toHaveLength(1);
      cutOffCleanly(box);
    });

    obligation('takes all that it started along when it is killed itself', async (box) => {
      const build = hang(box, ['build']);
      await halfWay(box);
      build.kill('SIGKILL');
      expect((await build.ended).code).toBe(137);
      await until(
        'the end of the build',
        () => Promise.resolve(processesOf([box.dir]).length === 0 ? true : null),
        10_000,
      );
      cutOffCleanly(box);
    });

    obligation('makes a second up wait that says for whom, and that Ctrl-C ends at once', async (box) => {
      const first = hang(box, ['up']);
      await halfWay(box);
      const second = begin(['up'], { cwd: box.project, env: { ...box.env, ...environment(box) }, as: box.user });
      await second.says(new RegExp(`waiting for process ${first.pid} \\(ai-vm up\\)`, 'u'));
      const down = begin(['down'], { cwd: box.project, env: { ...box.env, ...environment(box) }, as: box.user });
      await down.says(new RegExp(`waiting for process ${first.pid} \\(ai-vm up\\)`, 'u'));
      second.kill('SIGINT');
      expect((await second.ended).code).toBe(130);
      // Reading verbs never wait.
      expect(await box.ok(['ps'])).toContain('absent');
      first.kill('SIGINT');
      expect((await first.ended).code).toBe(130);
      expect((await down.ended).code).toBe(0);
      cutOffCleanly(box);
    });

    obligation('is then built, once, by two commands at the same time', async (box) => {
      const both = [1, 2].map(() =>
        begin(['build', '--progress', 'json'], {
          cwd: box.project,
          env: { ...box.env, ...environment(box) },
          as: box.user,
        }),
      );
      const [one, two] = await Promise.all(both.map((each) => each.ended));
      expect([one?.code, two?.code]).toEqual([0, 0]);
      expect(one?.stdout).toBe(two?.stdout);
      expect(
        [one, two].filter((each) => each?.stderr.includes('waiting for another build of this image')),
      ).toHaveLength(1);
      const [image] = partials(box);
      expect(partials(box)).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/u), 'templates']);
      // So was the template, by one of the two.
      const templates = readdirSync(join(imagesOf(box), 'templates')).filter((name) => !name.startsWith('.'));
      expect(templates).toEqual([expect.stringMatching(/^[0-9a-f]{16}-[0-9a-f]{16}$/u)]);
      expect(one?.stdout).toContain(join(imagesOf(box), image ?? ''));
      expect(existsSync(join(imagesOf(box), image ?? '', 'manifest.json'))).toBe(true);
      const log = readdirSync(join(box.home, 'cache')).find((name) => name.startsWith('build-')) ?? '';
      const text = readFileSync(join(box.home, 'cache', log), 'utf8');
      // What the stand-in left is gone, and packages were installed only once.
      expect(text.match(/^I: installing remaining packages inside the chroot/gmu)).toHaveLength(1);
    });
  },
);
