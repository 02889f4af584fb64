#!/usr/bin/env node
// Writes the types of the library to types/: what `npm pack` puts beside the bundle.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = dirname(import.meta.dirname);
const out = join(root, 'types');

rmSync(out, { recursive: true, force: true });
const options = ['--noEmit', 'false', '--emitDeclarationOnly', '--declaration', '--rootDir', 'src', '--outDir', out];
execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.library.json', ...options], {
  cwd: root,
  stdio: 'inherit',
});
// Where they are used there is no .ts beside them.
for (const name of readdirSync(out, { recursive: true, encoding: 'utf8' })) {
  if (!name.endsWith('.d.ts')) continue;
  const path = join(out, name);
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replaceAll(/(from '|import\(')(\.[^']+)\.ts'/g, "$1$2.js'"));
}
