import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Io } from '../../../src/cli/io.ts';
import { runCli } from '../../../src/cli/run.ts';

let dir = '';

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ai-vm-words-'));
  writeFileSync(join(dir, 'ai-vm.yaml'), 'vms:\n  one: {agents: [claude]}\n  two: {agents: [claude]}\n');
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** What a verb says on stderr in a project with the machines `one` and `two`, none of which exists. */
async function said(...argv: string[]): Promise<string> {
  const stderr = new PassThrough();
  const parts: Buffer[] = [];
  stderr.on('data', (chunk: Buffer) => parts.push(chunk));
  const io = {
    ...{ stdin: new PassThrough(), stdout: new PassThrough(), stderr, env: {}, cwd: dir },
    signal: new AbortController().signal,
  };
  await runCli(argv, io as unknown as Io);
  return Buffer.concat(parts).toString('utf8');
}

describe.each(['ssh', 'claude'])('what stands behind `--` for %s', (verb) => {
  it('is no machine’s name when none is given', async () => {
    expect(await said(verb, '--', 'uname', '-a')).toContain('there are several machines: say which');
  });

  it('is left to the guest when a machine is named', async () => {
    expect(await said(verb, 'one', '--', '--help')).toContain('one is absent');
  });
});
