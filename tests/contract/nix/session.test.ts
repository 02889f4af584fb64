import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ROOT } from '../../support/nix-eval.ts';

/** As NixOS puts it together: what it has for everybody, and then ours. */
const SCRIPT = `export EDITOR=nano LANG=C.UTF-8 PATH=/run/current-system/sw/bin
ai_vm_names=" EDITOR LANG PAGER "
${readFileSync(join(ROOT, 'nix/modules/session-variables.sh'), 'utf8')}
printf '%s\\n' "$EDITOR" "$LANG" "$PATH" "\${ai_vm_names-}\${ai_vm_begun-}"
`;

/** EDITOR, LANG, PATH, and what is left of the script's own variables. */
function shell(args: readonly string[], env: Record<string, string>): string[] {
  const { stdout, stderr } = spawnSync('/bin/bash', ['--norc', ...args, '-c', SCRIPT], { env, encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.slice(0, -1).split('\n');
}

describe('what a shell of a NixOS guest begins with', () => {
  const ssh = { SSH_CONNECTION: '10.0.2.2 1 10.0.2.15 22', PATH: '/usr/bin' };

  it.each([[[]], [['--posix']], [['-eu']]])('has the variables that its session was given: bash %j', (args) => {
    const given = { EDITOR: `vim "#' $x \\`, LANG: '' };
    expect(shell(args, { ...ssh, ...given })).toEqual([given.EDITOR, '', '/run/current-system/sw/bin', '']);
  });

  it('has those of NixOS where it was given none', () => {
    expect(shell([], ssh)).toEqual(['nano', 'C.UTF-8', '/run/current-system/sw/bin', '']);
  });

  it('has those of NixOS where no session began it', () => {
    expect(shell([], { EDITOR: 'vim' }).slice(0, 2)).toEqual(['nano', 'C.UTF-8']);
  });
});
