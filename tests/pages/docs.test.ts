/**
 * The documentation, done as it says: every block of every page, in order, in a project called shop with real guests. That takes
 * long: without AI_VM_TEST_PAGES it is so for some pages, and of the others only that is typed which needs no guest.
 */
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from '@jest/globals';
import { execa } from 'execa';
import { imageCache } from '../support/images.ts';
import {
  ALWAYS,
  codeOf,
  pageOf,
  reasonOf,
  withoutGuest,
  type Command,
  type Page,
  type PageBlock,
} from '../support/pages.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';
import { faultOfCapture } from '../support/shown.ts';
import { asUser, ordinaryUser, self } from '../support/user.ts';
import { documents } from '../unit/docs/support.ts';

const BUNDLE = resolve(import.meta.dirname, '../../dist/main.js');

const all = Boolean(process.env['AI_VM_TEST_PAGES']);

/** Pages with something to run, the shortest way in first. */
const pages = ['README.md', ...documents().filter((document) => /^docs\/[^/]+\.md$/.test(document))]
  .map((document) => pageOf(document))
  .filter((page) => page.blocks.some((block) => block.commands.length > 0 && reasonOf(page, block) === null));

/** As people have it: `ai-vm` on the PATH, and a home of their own with the project in it. */
function settle(box: Sandbox): void {
  const bin = join(box.dir, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'ai-vm'), `#!/bin/sh\nexec '${process.execPath}' '${BUNDLE}' "$@"\n`);
  chmodSync(join(bin, 'ai-vm'), 0o755);
  if (self().uid === 0) chownSync(box.dir, box.user.uid, box.user.gid);
}

/** Paths of the sandbox as the pages have them. */
const asWritten = (box: Sandbox, text: string): string =>
  text.replaceAll(imageCache(box.user), '/home/ann/.local/share/ai-vms/images').replaceAll(box.dir, '/home/ann');

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a shell makes of a line. What it leaves running in the background keeps no pipe of ours open. */
async function typed(box: Sandbox, line: string): Promise<Ended> {
  const [out, err] = [join(box.dir, 'stdout'), join(box.dir, 'stderr')];
  const [command, ...args] = asUser(box.user, ['bash', '-c', `exec >'${out}' 2>'${err}'\n${line}`]);
  const { exitCode } = await execa(command!, args, {
    cwd: box.project,
    env: {
      ...box.env,
      PATH: `${join(box.dir, 'bin')}:${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`,
      ...{ HOME: box.dir, USER: box.user.name, LOGNAME: box.user.name, LANG: 'C.UTF-8', TERM: 'dumb' },
    },
    ...{ extendEnv: false, stdin: 'ignore', stdout: 'ignore', stderr: 'ignore', reject: false, timeout: 15 * 60_000 },
  });
  const [stdout, stderr] = [out, err].map((path) => asWritten(box, existsSync(path) ? readFileSync(path, 'utf8') : ''));
  for (const path of [out, err]) rmSync(path, { force: true });
  return { code: exitCode ?? -1, stdout: stdout!, stderr: stderr! };
}

async function run(box: Sandbox, command: Command, code: number): Promise<void> {
  const ended = await typed(box, command.line);
  const told = `$ ${command.line}\n${ended.stdout}${ended.stderr}`;
  expect({ code: ended.code, told }).toEqual({ code, told });
  const fault = command.shown && faultOfCapture(command.shown, ended);
  expect({ fault, told }).toEqual({ fault: null, told });
}

async function follow(box: Sandbox, block: PageBlock, commands: readonly Command[]): Promise<void> {
  const { directive, text } = block;
  if (directive?.kind === 'file') box.write(directive.path, text);
  for (const command of commands) await run(box, command, codeOf(block, command));
}

const titleOf = ({ at, directive }: PageBlock, commands: readonly Command[]): string =>
  `line ${at}: ${directive?.kind === 'file' ? directive.path : commands.map(({ line }) => line).join('; ')}`;

function walk(page: Page): void {
  const blocks = page.blocks.filter((block) => reasonOf(page, block) === null);
  const whole = all || ALWAYS.includes(page.document);
  if (!whole && blocks.every((block) => withoutGuest(block).length === 0)) return;
  scenario(
    page.document,
    async () => ({ name: 'shop', as: await ordinaryUser() }),
    (obligation) => {
      obligation('begins in a project', settle);
      for (const block of blocks) {
        const commands = whole ? block.commands : withoutGuest(block);
        if (commands.length === 0 && block.directive?.kind !== 'file') continue;
        obligation(titleOf(block, commands), (box) => follow(box, block, commands));
      }
    },
  );
}

pages.forEach(walk);
