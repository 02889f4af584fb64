import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { AGENTS } from '../../../src/images/agents/index.ts';

it.each(Object.entries(AGENTS))('%s is started in NixOS guests as in Debian ones', (name, { files }) => {
  const file = join(import.meta.dirname, `../../../nix/modules/start-${name}.sh`);
  expect(readFileSync(file, 'utf8')).toBe(files[`/usr/local/bin/start-${name}`]?.content);
});
