import { describe, expect, it } from '@jest/globals';
import { failureOf } from '../../../../src/images/nixos/failures.ts';

const store = (name: string): string => `/nix/store/${'a'.repeat(32)}-${name}`;

describe('failureOf', () => {
  it('names the file as it is called in the project', () => {
    const { why } = failureOf(
      [`error: syntax error, unexpected ';'\n\n  at ${store('source')}/modules/project/nix/my.nix:2:3:`],
      [],
    );
    expect(why).toBe("error: syntax error, unexpected ';'\n  at nix/my.nix:2:3:");
  });

  it('leaves out how Nix came there', () => {
    const trace = Array.from({ length: 40 }, (_, n) => `       … while evaluating ${n}`);
    const { why } = failureOf([`error:\n${trace.join('\n')}\n       error: undefined variable 'ripgrepp'`], []);
    expect(why).toBe("       error: undefined variable 'ripgrepp'");
  });

  it('has what the builder that failed said last, and not what others did', () => {
    const messages = [
      `error: builder for '${store('x-1.drv')}' failed with exit code 3`,
      `error: 1 dependencies of derivation '${store('y.drv')}' failed to build`,
    ];
    const lines = ['y> fine', ...Array.from({ length: 30 }, (_, n) => `x-1> line ${n}`), 'z> fine'];
    const { why, code } = failureOf(messages, lines);
    expect(code).toBe('image.build');
    expect(why.split('\n')).toEqual([...messages, ...Array.from({ length: 10 }, (_, n) => `x-1> line ${n + 20}`)]);
  });

  it('does not repeat it where Nix says it itself', () => {
    const message = `error: builder for '${store('x.drv')}' failed with exit code 3;\n       last 1 log lines:\n       > no rule`;
    expect(failureOf([message], ['x> no rule']).why.match(/no rule/gu)).toHaveLength(1);
  });

  it('says how a package is allowed here, and not what nixpkgs knows of other places', () => {
    const elsewhere =
      'a) To temporarily allow unfree packages, you can use an environment variable\n  for a single invocation';
    const predicate =
      'allowUnfreePredicate = pkg: builtins.elem (lib.getName pkg) [\n             "unrar"\n           ];';
    const unfree =
      'error: Package ‘unrar-7.0.9’ in /x/package.nix:54 has an unfree license (‘unfree’), refusing to evaluate.';
    expect(failureOf([`${unfree}\n\n       ${elsewhere}\n\n${predicate}`], [])).toMatchObject({
      ...{ why: unfree, fix: 'Allow it by its name, in a module: ai-vm.unfree = [ "unrar" ];' },
    });
    expect(failureOf([unfree], []).fix).toContain('ai-vm.unfree = [ "NAME" ];');
    const insecure =
      'error: Package ‘openssl-1.1.1w’ in /x.nix:1 is marked as insecure, refusing to evaluate.\n       Known issues:\n        - old';
    const more = '       You can install it anyway by allowing this package, using the\n       following methods:';
    expect(failureOf([`${insecure}\n\n${more}`], [])).toMatchObject({
      ...{
        why: insecure,
        fix: expect.stringContaining('permittedInsecurePackages = [ "openssl-1.1.1w" ];') as unknown,
      },
    });
  });

  it('says what it can where Nix has said no error', () => {
    expect(failureOf([], ['one', 'two']).why).toBe('one\ntwo');
  });

  it.each([
    ["error: unable to download 'https://cache.test/x': Couldn't resolve host name (6)", 'image.build', /network/u],
    [
      "error: cannot connect to socket at '/nix/var/nix/daemon-socket/socket': No such file or directory",
      'host.missing',
      /nix-daemon/u,
    ],
    ["error: creating directory '/nix/var': Permission denied", 'host.missing', /daemon/u],
    ["error: the group 'nixbld' specified in 'build-users-group' does not exist", 'host.missing', /nix-setup-systemd/u],
    ["error: flake 'path:/x' requires lock file changes but they're not allowed", 'image.build', /nix flake lock/u],
    ["error: undefined variable 'ripgrepp'", 'image.build', /packages/u],
    ["error: attribute 'ripgrepp' missing", 'image.build', /packages/u],
    ['error: writing to file: No space left on device', 'host.space', /nix-collect-garbage/u],
    ["error: flake 'path:/x' does not provide attribute 'packages.x86_64-linux.y'", 'image.build', /nix flake show/u],
    ['error: something new', 'image.build', /same command again/u],
  ])('knows what to do about %s', (message, code, fix) => {
    expect(failureOf([message], [])).toMatchObject({ code, fix: expect.stringMatching(fix) as unknown });
  });
});
