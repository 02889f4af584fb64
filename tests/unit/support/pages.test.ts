/** What reads and compares the documentation, so that it can fail. */
import { describe, expect, it } from '@jest/globals';
import { codeOf, pageOf, reasonOf, withoutGuest } from '../../support/pages.ts';
import { callsOf, commandsIn } from '../../support/shell.ts';
import { faultOfCapture } from '../../support/shown.ts';

describe('a line of shell', () => {
  it.each<[string, string[][]]>([
    [`ai-vm exec dev -- sh -c 'a; b | c' # not this`, [['ai-vm', 'exec', 'dev', '--', 'sh', '-c', 'a; b | c']]],
    [
      'tar c . | ai-vm exec dev -- tar x >out 2>err',
      [
        ['tar', 'c', '.'],
        ['ai-vm', 'exec', 'dev', '--', 'tar', 'x'],
      ],
    ],
    [
      'ssh -F <(ai-vm ssh-config) x',
      [
        ['ai-vm', 'ssh-config'],
        ['ssh', '-F', '…', 'x'],
      ],
    ],
    [
      'echo "$(ai-vm ps -q)" a\\ b',
      [
        ['ai-vm', 'ps', '-q'],
        ['echo', '$(ai-vm ps -q)', 'a b'],
      ],
    ],
    ['a && b; c || d &', [['a'], ['b'], ['c'], ['d']]],
  ])('%s', (line, commands) => expect(commandsIn(line)).toEqual(commands));

  it('calls ai-vm behind variables, sudo and npx', () => {
    expect(callsOf('A=1 sudo npx ai-vm up; echo ai-vm down')).toEqual([['up']]);
  });

  it('has to end what it begins', () => {
    expect(() => commandsIn("echo 'a")).toThrow('quote');
    expect(() => commandsIn('echo $(a')).toThrow('parenthesis');
  });
});

describe('a page', () => {
  const text = [
    ...['<!-- test: file ai-vm.yaml -->', '', '```yaml', 'vms: {}', '```', ''],
    ...['```console', '$ ai-vm up \\', '    dev', 'dev  running', '$ true', '```', ''],
    ...['<!-- test: not run: it needs KVM -->', '', '```sh', '# a word', 'ai-vm ps', '```'],
    ...['<!-- test: exit 65 -->', '```sh', 'ai-vm up', '```', '```text', 'ai-vm', '```'],
  ].join('\n');

  it('has files, commands with what they print, and reasons', () => {
    const page = pageOf('x.md', text);
    expect(page.blocks.map(({ at, directive, commands }) => ({ at, directive, commands }))).toEqual([
      { at: 3, directive: { kind: 'file', path: 'ai-vm.yaml' }, commands: [] },
      {
        ...{ at: 7, directive: null },
        commands: [
          { line: 'ai-vm up dev', shown: ['dev  running'] },
          { line: 'true', shown: [''] },
        ],
      },
      {
        ...{ at: 16, directive: { kind: 'not-run', reason: 'it needs KVM' } },
        commands: [{ line: 'ai-vm ps', shown: null }],
      },
      { at: 21, directive: { kind: 'exit', code: 65 }, commands: [{ line: 'ai-vm up', shown: null }] },
    ]);
    expect(page.blocks.map((block) => reasonOf(page, block))).toEqual([null, null, 'it needs KVM', null]);
    expect(pageOf('x.md', `<!-- test: nothing here is run: lists -->\n${text}`).notRun).toBe('lists');
  });

  it('has commands that need no guest, each with its exit code', () => {
    const of = (directive: string, ...lines: string[]): [string, number][] => {
      const [block] = pageOf('x.md', [directive, '```console', ...lines, '```'].join('\n')).blocks;
      return withoutGuest(block!).map((command) => [command.line, codeOf(block!, command)]);
    };
    const exit = (code: number): string => `<!-- test: exit ${code} -->`;
    expect(of('', '$ ai-vm doctor', 'all is well', '$ ai-vm up', '$ ai-vm ps')).toEqual([
      ['ai-vm doctor', 0],
      ['ai-vm ps', 0],
    ]);
    expect(of('', '$ ai-vm ps', 'dev  running', '$ curl localhost:80', '$ ai-vm exec dev -- ai-vm ps')).toEqual([]);
    expect(of(exit(1), '$ mkdir ref', '$ ai-vm up', 'error: no')).toEqual([
      ['mkdir ref', 0],
      ['ai-vm up', 1],
    ]);
    expect(of(exit(3), '$ ai-vm up', '$ ai-vm exec dev -- sh -c "exit 3"')).toEqual([]);
    expect(of(exit(1), '$ ai-vm network test files.example.com')).toEqual([]);
  });

  it('has no directive that nobody knows', () => {
    expect(() => pageOf('x.md', '<!-- test: skip -->\n```sh\na\n```\n')).toThrow('not understood');
  });
});

describe('a capture', () => {
  const printed = {
    stdout: 'dev  running\n  ssh     ai-vm ssh dev\n',
    stderr: 'create dev ...\nstart dev: done in 136 ms\n',
  };

  it.each([
    [['build the image of dev: done in 2 min 4 s', 'start dev: done in 9.9 s', 'dev running', 'ssh ai-vm ssh dev']],
    [['dev  running', '…']],
    [['…', '  ssh     ai-vm ssh dev']],
  ])('is what is printed: %j', (shown) => expect(faultOfCapture(shown, printed)).toBeNull());

  it.each([
    [['dev  stopped', '…'], 'shown, and not printed: dev stopped'],
    [['dev  running'], 'printed, and not shown: ssh ai-vm ssh dev'],
    [[], 'printed, and not shown: dev running'],
    [['start dev: done in 1 s', 'create dev ...', '…'], 'shown, and not printed: create dev ...'],
  ])('is not: %j', (shown, fault) => expect(faultOfCapture(shown, printed)).toBe(fault));

  it.each([
    ['127.0.0.1:8080 → 80/tcp', '127.0.0.1:8081 → 80/tcp'],
    ['memory 2 GiB', 'memory 3 GiB'],
    ['dev (running)', 'dev (stopped)'],
    ['10.0.2.2', '10.0.2.3'],
  ])('tells %s from %s', (one, other) => {
    expect(faultOfCapture([one], { stdout: other, stderr: '' })).not.toBeNull();
  });

  it.each([
    ['Linux 6.12.117+deb13-amd64', 'Linux 6.13.1-amd64'],
    ['127.0.0.1:2222', '127.0.0.1:2223'],
    ['1.5 GiB free, 12 %', '900 MiB free, 1.5 %'],
    ['image ab12cd34ef', 'image 0123456789abcdef'],
  ])('takes %s for %s', (one, other) => {
    expect(faultOfCapture([one], { stdout: other, stderr: '' })).toBeNull();
  });
});
