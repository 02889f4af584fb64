import { expect, it } from '@jest/globals';
import { AGENTS } from '../../../src/images/agents/index.ts';
import { evaluate } from '../../support/nix-eval.ts';

it('are the same agents in the same versions as in Debian guests', () => {
  const versions = evaluate('builtins.mapAttrs (_: agent: agent.version) (import ./nix/agents.nix)');
  // Aider is that of nixpkgs, and not on npm.
  const ours = Object.entries(AGENTS).map(([name, { version }]) => [name, name === 'aider' ? null : version({})]);
  expect(versions).toEqual(Object.fromEntries(ours));
});
