import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { runCli } from '../../../src/cli/run.ts';
import { VERBS } from '../../../src/cli/verbs.ts';
import type { Io } from '../../../src/cli/io.ts';

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const stream = (): { stream: PassThrough; text: () => string } => {
    const it = new PassThrough();
    const parts: Buffer[] = [];
    it.on('data', (chunk: Buffer) => parts.push(chunk));
    return { stream: it, text: () => Buffer.concat(parts).toString('utf8') };
  };
  const [stdout, stderr] = [stream(), stream()];
  const io = {
    stdin: new PassThrough(),
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: {},
    cwd: '/nonexistent',
    signal: new AbortController().signal,
  } as unknown as Io;
  const code = await runCli(argv, io);
  return { code, out: stdout.text(), err: stderr.text() };
}

describe('runCli', () => {
  it('shows every verb with its summary', async () => {
    const { code, out } = await run('--help');
    expect(code).toBe(0);
    for (const [name, { summary }] of Object.entries(VERBS)) {
      expect(out).toContain(`  ${name.padEnd(10)}${summary}`);
    }
  });

  it('guesses what a mistyped verb was meant to be', async () => {
    const { code, err } = await run('statr');
    expect(code).toBe(64);
    expect(err).toBe('ai-vm: there is no verb "statr"; did you mean start?\nai-vm --help lists them all.\n');
  });

  it('is not taken in by names that every object has', async () => {
    expect((await run('constructor')).code).toBe(64);
    expect((await run('__proto__')).code).toBe(64);
  });

  it.each(Object.keys(VERBS))('has help for %s that names its exit codes or says what it does', async (name) => {
    const { code, out } = await run(name, '--help');
    expect(code).toBe(0);
    expect(out).toContain(`Usage: ai-vm ${name}`);
    expect(out).toContain(VERBS[name]!.summary);
    expect(out).toMatch(/--verbose/);
  });

  it('calls an unknown option a usage error', async () => {
    const { code, err } = await run('ps', '--nonsense');
    expect(code).toBe(64);
    expect(err).toContain("unknown option '--nonsense'");
    expect(err).toContain('ai-vm ps --help');
  });

  it('says where it looked when there is no file', async () => {
    const { code, err } = await run('ps', '--file', '/nonexistent/ai-vm.yaml', '--progress', 'plain');
    expect(code).toBe(65);
    expect(err).toContain('/nonexistent/ai-vm.yaml');
  });

  it('takes global options before the verb', async () => {
    const { code, err } = await run('-f', '/nonexistent/ai-vm.yaml', 'validate');
    expect(code).toBe(65);
    expect(err).toContain('/nonexistent/ai-vm.yaml');
  });
});
