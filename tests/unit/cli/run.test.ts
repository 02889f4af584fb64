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
      expect(out).toContain(`  ${name.padEnd(12)}${summary}`);
    }
  });

  it('guesses what a mistyped verb was meant to be', async () => {
    const { code, err } = await run('statr');
    expect(code).toBe(64);
    expect(err).toBe('ai-vm: there is no verb "statr"; did you mean start?\nai-vm --help lists them all.\n');
  });

  it.each([
    ['--hlep', 'unknown option --hlep; did you mean --help?'],
    ['--nonsense', 'unknown option --nonsense'],
    ['-f ai-vm.yaml', '-f needs a verb'],
    ['--progress=plain', '--progress=plain needs a verb'],
    ['help statr', 'there is no verb "statr"; did you mean start?'],
  ])('says what is wrong with `ai-vm %s`, and not all that there is', async (line, what) => {
    const { code, out, err } = await run(...line.split(' '));
    expect({ code, out, err }).toEqual({ code: 64, out: '', err: `ai-vm: ${what}\nai-vm --help lists them all.\n` });
  });

  it('has an overview for terminals that are not wide', async () => {
    const { out } = await run('help');
    expect(out).toBe((await run('--help')).out);
    expect(out.split('\n').filter((line) => line.length > 100)).toEqual([]);
    for (const code of [0, 1, 2, 64, 65, 69, 75, 130]) expect(out).toMatch(new RegExp(`^  ${code} +\\S`, 'm'));
  });

  it('is not taken in by names that every object has', async () => {
    expect((await run('constructor')).code).toBe(64);
    expect((await run('__proto__')).code).toBe(64);
    expect((await run('-f', 'constructor', 'ps')).err).toContain('/nonexistent/constructor does not exist');
  });

  it.each(Object.keys(VERBS))('has whole help for %s, no wider than it has to be', async (name) => {
    const { code, out } = await run(name, '--help');
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^Usage: ai-vm ${name}`));
    expect(out).toContain(`${VERBS[name]!.summary}.`);
    for (const title of ['Options', 'Options of every verb', 'Examples', 'Exit codes']) {
      expect(out).toContain(`\n${title}:\n`);
    }
    expect(out).toMatch(/--verbose/);
    // A command is never broken, so that it can be copied.
    const long = out.split('\n').filter((line) => line.length > 100 && !line.startsWith('  ai-vm'));
    expect(long).toEqual([]);
  });

  it('has help for verbs below a verb', async () => {
    const { code, out } = await run('snapshot', 'restore', '--help');
    expect(code).toBe(0);
    expect(out).toMatch(/^Usage: ai-vm snapshot restore \[options\] <name> \[vm\]/);
    expect(out).toContain('-y, --yes');
    expect((await run('help', 'snapshot', 'restore')).out).toBe(out);
    // Nor is anything run of what stands behind a verb.
    const exec = await run('exec', '--help');
    expect(await run('help', 'exec', 'dev', '--', 'touch', 'file')).toEqual(exec);
    expect(await run('help', 'exec', '--tty')).toEqual(exec);
  });

  it.each(
    ['snapshot', 'network'].flatMap((name) =>
      (name === 'network' ? ['ls', 'log', 'test'] : ['save', 'ls', 'restore', 'rm']).map((below) => [name, below]),
    ),
  )('has whole help for %s %s', async (...words) => {
    const { out } = await run(...words, '--help');
    for (const title of ['Options', 'Options of every verb', 'Examples', 'Exit codes'])
      expect(out).toContain(`\n${title}:\n`);
    expect(out).toContain(`\n  ai-vm ${words.join(' ')}`);
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

  it('says that there is no such directory, and of no bug', async () => {
    for (const argv of [['ps'], ['-C', 'below', 'up', '--ram', '2']]) {
      const { code, err } = await run(...argv);
      expect({ code, err }).toEqual({ code: 65, err: expect.stringContaining('there is no directory /nonexistent') });
    }
  });

  it.each(['plan', 'doctor', 'exec'])('has the exit codes of %s in order', async (name) => {
    const { out } = await run(name, '--help');
    const codes = [...out.slice(out.indexOf('\nExit codes:')).matchAll(/^ {2}(\d+) /gm)].map(([, code]) =>
      Number(code),
    );
    expect(codes).toEqual(codes.toSorted((a, b) => a - b));
    expect(codes.length).toBeGreaterThan(5);
  });

  it('takes global options before the verb', async () => {
    const { code, err } = await run('-f', '/nonexistent/ai-vm.yaml', 'validate');
    expect(code).toBe(65);
    expect(err).toContain('/nonexistent/ai-vm.yaml');
  });
});
