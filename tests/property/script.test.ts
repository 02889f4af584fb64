/** Whatever strings a machine's description holds, its start script runs QEMU with exactly them, and nothing else. */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { LaunchSpec } from '../../src/model/launch.ts';
import { renderStartScript } from '../../src/qemu/script.ts';
import { SPEC } from '../unit/qemu/script-fixture.ts';

let dir = '';
const fake = (): string => join(dir, 'fake-qemu');
const dump = (): string => join(dir, 'argv');
const canary = (): string => join(dir, 'canary');

beforeAll(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'ai-vm-script-')));
  // Keeps its arguments and ends, so that the script takes it for a QEMU that died.
  writeFileSync(fake(), `#!/bin/sh\nfor word; do printf '%s\\0' "$word"; done >'${dump()}'\nexit 7\n`, { mode: 0o755 });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Characters that mean something to a shell, next to any others. NUL cannot be in an argument or a path. */
const hostile = fc
  .array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          "'",
          '"',
          '\\',
          '\n',
          '\r',
          '\t',
          '$',
          '`',
          '!',
          '#',
          ';',
          '&',
          '|',
          '-',
          ' ',
          '*',
          '~',
          '=',
          ',',
        ),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          '$(touch canary)',
          '`touch canary`',
          "'; touch canary; '",
          '\ntouch canary\n',
          'END_OF_SERVE',
        ),
      },
      { weight: 2, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 3 }) },
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join('').replaceAll('\0', '').toWellFormed());
const segment = hostile.map((text) => `d${text.replaceAll('/', '')}`);

interface Run {
  readonly status: number | null;
  readonly stderr: string;
  readonly argv: string[] | null;
}

function run(spec: LaunchSpec): Run {
  rmSync(dump(), { force: true });
  const script = join(dir, 'start.sh');
  writeFileSync(script, renderStartScript(spec));
  const { status, stderr } = spawnSync('sh', [script], { cwd: dir, encoding: 'utf8' });
  const argv = existsSync(dump()) ? readFileSync(dump(), 'utf8').split('\0').slice(0, -1) : null;
  return { status, stderr, argv };
}

function specIn(base: string, over: Partial<LaunchSpec>): LaunchSpec {
  const runDir = join(base, 'run', 'dev');
  const uid = process.getuid?.() ?? 0;
  return {
    ...SPEC,
    lock: join(base, 'lock'),
    runDirs: [join(base, 'run'), runDir],
    pidFile: join(runDir, 'qemu.pid'),
    qmpControl: join(runDir, 'qmp.sock'),
    serialLog: join(base, 'serial.log'),
    serialWindow: join(runDir, 'serial.log'),
    qemuLog: join(base, 'qemu.log'),
    qemuWindow: join(runDir, 'qemu.log'),
    helperPids: join(runDir, 'helpers'),
    disk: join(base, 'disk.qcow2'),
    scratch: null,
    audioWav: null,
    grant: [],
    runAs: { uid, gid: process.getgid?.() ?? 0, groups: [], drop: false, subUid: null, subGid: null },
    helpers: [],
    directories: [],
    none: null,
    qemu: fake(),
    argv: [],
    ...over,
  };
}

describe('start script', () => {
  it('hands QEMU its arguments byte for byte, whatever they hold', () => {
    fc.assert(
      fc.property(
        fc.array(hostile, { maxLength: 6 }),
        segment,
        fc.array(fc.tuple(hostile, hostile), { maxLength: 3 }),
        (argv, name, documentation) => {
          const base = join(dir, name);
          mkdirSync(join(base, 'share'), { recursive: true });
          try {
            writeFileSync(join(base, 'disk.qcow2'), Buffer.from('514649fb', 'hex'));
            const share = join(base, 'share');
            const stat = statSync(share, { bigint: true });
            const directories = [{ path: share, identity: `${stat.dev}:${stat.ino}`, fd: 3 }];
            const ran = run(specIn(base, { argv, documentation, directories }));
            // The last four are the monitor that tells the script when QEMU is up.
            expect(ran.argv?.slice(0, -4)).toEqual(argv);
            expect(ran.status).toBe(1);
            expect(ran.stderr).toContain('QEMU ended at its start');
            expect(existsSync(canary())).toBe(false);
          } finally {
            rmSync(base, { recursive: true, force: true });
          }
        },
      ),
      { numRuns: 40 },
    );
  }, 120_000);

  it('does not start QEMU with a directory that is another one by now', () => {
    const base = join(dir, 'changed');
    mkdirSync(join(base, 'share'), { recursive: true });
    writeFileSync(join(base, 'disk.qcow2'), Buffer.from('514649fb', 'hex'));
    const ran = run(specIn(base, { directories: [{ path: join(base, 'share'), identity: '1:2', fd: 3 }] }));
    expect(ran).toMatchObject({ status: 1, argv: null });
    expect(ran.stderr).toContain('is not the directory any more that `ai-vm up` judged');
  });
});
