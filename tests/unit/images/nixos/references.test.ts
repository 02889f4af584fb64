import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { relativePaths } from '../../../../src/images/nixos/references.ts';

describe('relativePaths', () => {
  it.each([
    ['{ imports = [ ./a.nix ../b/c.nix ]; }', ['./a.nix', '../b/c.nix']],
    ['import lib/x.nix', ['lib/x.nix']],
    ['import ./. { }', ['./.']],
    ['import ./dir/ { }', ['./dir/']],
    ['[ ./a.nix ./a.nix ]', ['./a.nix']],
    ['{ a, b ? ./d.nix }: b', ['./d.nix']],
    // Comments and strings say nothing, but for what is code in a string.
    ['# ./a.nix\n./b.nix', ['./b.nix']],
    ['/* ./a.nix\n * ./c.nix */ ./b.nix', ['./b.nix']],
    ['"./a.nix \\" ./c.nix" + ./b.nix', ['./b.nix']],
    ['"text ${./a.nix} ./c.nix ${toString { x = ./b.nix; }.x} ./d"', ['./a.nix', './b.nix']],
    ["''./a.nix ''${./c.nix} ''' ''\\n ${./b.nix} '' ./d.nix", ['./b.nix', './d.nix']],
    ['"$${./a.nix}" "\\${./b.nix}"', []],
    ['"${"${./deep.nix}"}"', ['./deep.nix']],
    // What is put together in the code is in the directory that it begins with.
    ['import ./${name}.nix', ['./']],
    ['./hosts/${name}/x.nix', ['./hosts/', '/x.nix'].slice(0, 1)],
    // Of this host, or of no file at all.
    ['[ /etc/passwd <nixpkgs/lib> ~/x ]', []],
    ['a // b', []],
    ['fetchurl https://example.test/x.nix', []],
    ["x' ./a.nix", ['./a.nix']],
    ["''", []],
    ['"', []],
    ['${', []],
    ['}}} ./a.nix', ['./a.nix']],
  ])('finds in %j: %j', (text, paths) => {
    expect(relativePaths(text)).toEqual(paths);
  });

  it('comes to an end with anything at all, and finds no absolute path', () => {
    const pieces = fc.constantFrom(
      '"',
      "''",
      '${',
      '}',
      '{',
      '#',
      '/*',
      '*/',
      '\\',
      '$',
      '\n',
      './a',
      '/',
      'x',
      ' ',
      '<',
      '~',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (list) => {
        expect(relativePaths(list.join('')).filter((path) => path.startsWith('/'))).toEqual([]);
      }),
    );
  });
});
