import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ROOT } from '../../support/nix-eval.ts';

describe('what `nix run` starts', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'ai-vm-start-'));
    // Says how it was called, and fails where it is told to.
    writeFileSync(join(dir, 'ai-vm'), '#!/bin/sh\necho "ai-vm $*"\n[ "$1" != "$FAILS" ]\n');
    chmodSync(join(dir, 'ai-vm'), 0o755);
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const start = (
    args: readonly string[],
    fails = '',
    more: Record<string, string> = {},
    cwd = dir,
  ): { lines: string[]; code: number | null } => {
    const { stdout, status } = spawnSync('sh', [join(ROOT, 'nix/start.sh'), ...args], {
      cwd,
      encoding: 'utf8',
      env: { PATH: `${dir}:${process.env['PATH'] ?? ''}`, FAILS: fails, ...more },
    });
    return { lines: stdout.split('\n').filter(Boolean), code: status };
  };

  it('asks what the machine shall be, and brings it up', () => {
    expect(start([])).toEqual({ lines: ['ai-vm init', 'ai-vm up'], code: 0 });
  });

  it('brings nothing up when nobody has answered', () => {
    expect(start([], 'init')).toEqual({ lines: ['ai-vm init'], code: 1 });
  });

  it.each(['ai-vm.yaml', 'ai-vm.yml', 'ai-vm.toml'])('asks nothing where there is %s', (file) => {
    writeFileSync(join(dir, file), '');
    expect(start([]).lines).toEqual(['ai-vm up']);
  });

  it('asks nothing where the file is above, or is named', () => {
    const below = join(dir, 'src/deep');
    mkdirSync(below, { recursive: true });
    writeFileSync(join(dir, 'ai-vm.yaml'), '');
    expect(start([], '', {}, below).lines).toEqual(['ai-vm up']);
    rmSync(join(dir, 'ai-vm.yaml'));
    expect(start([], '', {}, below).lines).toEqual(['ai-vm init', 'ai-vm up']);
    expect(start([], '', { AI_VM_FILE: 'other.yaml' }, below).lines).toEqual(['ai-vm up']);
  });

  it('takes flags alone for those of up', () => {
    expect(start(['--ram', '16', '--share-rw', '.']).lines).toEqual(['ai-vm up --ram 16 --share-rw .']);
  });

  it.each([[['ps']], [['--help']], [['-V']], [['exec', 'dev', '--', 'id']]])('is ai-vm with %j', (args) => {
    expect(start(args).lines).toEqual([`ai-vm ${args.join(' ')}`]);
  });

  it('makes NixOS guests where nothing else is said', () => {
    writeFileSync(join(dir, 'ai-vm'), '#!/bin/sh\necho "$AI_VM_DEFAULT_IMAGE"\n');
    expect(start(['up']).lines).toEqual(['nixos']);
    expect(start(['up'], '', { AI_VM_DEFAULT_IMAGE: 'debian' }).lines).toEqual(['debian']);
  });

  it('ends as ai-vm does', () => {
    expect(start(['ps'], 'ps').code).toBe(1);
  });
});
