import { describe, expect, it } from '@jest/globals';
import { parseFlake } from '../../../src/model/flake.ts';

describe('parseFlake', () => {
  it.each([
    ['.', 'local', '.', null],
    ['./nix', 'local', './nix', null],
    ['../nix#vm', 'local', '../nix', 'vm'],
    ['~/nix#a.b', 'local', '~/nix', 'a.b'],
    ['/srv/we ird', 'local', '/srv/we ird', null],
    ['path:/srv/nix', 'local', '/srv/nix', null],
    ['path:./nix#vm', 'local', './nix', 'vm'],
    ['github:o/r', 'remote', 'github:o/r', null],
    ['github:o/r/main?dir=nix#vm', 'remote', 'github:o/r/main?dir=nix', 'vm'],
    ['github:o/r?ref=feature/x#vm', 'remote', 'github:o/r?ref=feature/x', 'vm'],
    ['git+https://git.test/r?rev=0123', 'remote', 'git+https://git.test/r?rev=0123', null],
    ['git+ssh://git@git.test/r', 'remote', 'git+ssh://git@git.test/r', null],
    ['https://example.test/r.tar.gz', 'remote', 'https://example.test/r.tar.gz', null],
  ])('reads %s', (text, kind, place, output) => {
    expect(parseFlake(text)).toEqual({ kind, place, output });
  });

  it.each([
    ['nothing', ''],
    ['an output alone', '#vm'],
    ['a name of a registry', 'nixpkgs'],
    ['a name of a registry, with its scheme', 'flake:nixpkgs'],
    ['a working tree that Nix would run Git in', 'git+file:///srv/r'],
    ['a file', 'file:///etc/passwd'],
    ['an address without encryption', 'http://example.test/r.tar.gz'],
    ['a name that looks like an option', '--impure'],
    ['an output that is no name', './nix#$(id)'],
    ['an empty output', './nix#'],
    ['two outputs', './nix#a#b'],
    ['quotes', 'github:o/r"${x}'],
    ['spaces', 'github:o/r --impure'],
    ['a line break', 'github:o/r\nx'],
    ['a query of a path', './nix?dir=x'],
    ['more than any real one', `github:o/${'r'.repeat(2000)}`],
    ["another user's home", '~ann/nix'],
  ])('refuses %s', (_what, text) => {
    expect(parseFlake(text)).toBeNull();
  });
});
