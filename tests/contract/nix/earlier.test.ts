import { describe, expect, it } from '@jest/globals';
import { defineVerb } from '../../../src/cli/describe.ts';
import type { Io } from '../../../src/cli/io.ts';
import { verb } from '../../../src/cli/up.ts';
import { VERBS } from '../../../src/cli/verbs.ts';
import { evaluate } from '../../support/nix-eval.ts';

interface Made {
  readonly name: string;
  readonly flags: readonly string[];
  readonly guest: Record<string, unknown>;
}

const make = (args: string): Made =>
  evaluate(`(import ./nix/earlier.nix).makeCustomVM (made: made) "x86_64-linux" ${args}`) as Made;

const DEFAULTS = ['--name', 'ai-vm', '--ram', '8', '--cpu', '2', '--storage', '50', '--agent', 'claude'];

describe('makeCustomVM, as the earlier version had it', () => {
  it('has the defaults of then', () => {
    expect(make('{ }')).toEqual({
      name: 'ai-vm',
      flags: DEFAULTS,
      guest: {
        ...{ formatVersion: 1, system: 'x86_64-linux', packages: [] },
        ...{ audio: false, desktop: false, agents: ['claude'] },
      },
    });
  });

  const all = [
    ...['--name', 'big', '--ram', '16', '--cpu', '4', '--storage', '100', '--overlay', '--audio'],
    ...['--desktop', '1920x1080', '--share-rw', '/work', '--share-ro', '/a b', '--share-ro', '/c'],
    ...['--port', '3001', '--port', '8080:80', '--agent', 'claude'],
  ];

  it.each([
    [
      'an attribute set',
      `{ ram = 16; cpu = 4; storage = 100; overlay = true; sharedRW = [ "/work" ]; sharedRO = [ "/a b" "/c" ]; name = "big";
         audio = true; desktop = true; ports = [ 3001 "8080:80" ]; resolution = "1920x1080"; }`,
    ],
    [
      'its JSON',
      `''{"ram":16,"cpu":4,"storage":100,"overlay":true,"sharedRW":["/work"],"sharedRO":["/a b","/c"],"name":"big",
          "audio":true,"desktop":true,"ports":[3001,"8080:80"],"resolution":"1920x1080"}''`,
    ],
    [
      'arguments in their order',
      '16 4 100 true [ "/work" ] [ "/a b" "/c" ] "big" true true [ 3001 "8080:80" ] "1920x1080"',
    ],
    [
      'arguments as texts',
      '"16" "4" "100" "true" "/work" [ "/a b" "/c" ] "big" "true" "true" "3001,8080:80" "1920x1080"',
    ],
  ])('takes %s', (_form, args) => {
    const made = make(args);
    expect(made.flags).toEqual(all);
    expect(made.guest).toMatchObject({ audio: true, desktop: true });
  });

  it('gives flags that `ai-vm up` takes', () => {
    const { doc } = defineVerb('up', VERBS['up']!, verb, {} as Io, () => undefined, []);
    const known = [...doc.options, ...doc.globals].flatMap(([flags]) => flags.match(/--[\w-]+/gu) ?? []);
    const named = ['--package', ...all.filter((word) => word.startsWith('--'))];
    expect(named.filter((flag) => !known.includes(flag))).toEqual([]);
  });

  it.each([
    ['a name that it does not know', '{ memory = 16; }', /knows no "memory" \(it knows: .*ram.*\)/],
    ['what is none of its forms', '[ 1 ]', /wants an attribute set, its JSON, or ram cpu storage/],
    ['a name that no machine may have', '{ name = "-x;rm"; }', /"-x;rm" is no name for a machine/],
  ])('refuses %s', (_what, args, said) => {
    expect(() => make(args)).toThrow(said);
  });
});
