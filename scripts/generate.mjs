#!/usr/bin/env node
// Makes src/generated/* and docs/config.md from schemas/ai-vm.schema.json, scripts/host-packages.tsv and package.json.
// `--check` writes nothing: it names the files that are stale and exits 1.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { configDocs } from './generate/docs.mjs';
import { configTypes } from './generate/types.mjs';
import { fieldTable } from './generate/fields.mjs';
import { hostPackages } from './generate/host-packages.mjs';
import { standaloneValidator, validatorTypes } from './generate/validator.mjs';

const root = dirname(import.meta.dirname);
const read = (path) => readFile(join(root, path), 'utf8');

/** The version is compiled in: `--version` reads no file. */
const versionModule = ({ version }) =>
  `// Generated from package.json by scripts/generate.mjs: do not edit.\n\nexport const VERSION = '${version}';\n`;

const schema = JSON.parse(await read('schemas/ai-vm.schema.json'));
const outputs = {
  'src/generated/validate.cjs': standaloneValidator(schema),
  'src/generated/validate.d.cts': validatorTypes(),
  'src/generated/config.ts': await configTypes(schema),
  'src/generated/fields.ts': fieldTable(schema),
  'src/generated/host-packages.ts': hostPackages(await read('scripts/host-packages.tsv')),
  'src/generated/version.ts': versionModule(JSON.parse(await read('package.json'))),
  'docs/config.md': configDocs(schema),
};

const check = process.argv.includes('--check');
const options = await resolveConfig(join(root, 'package.json'));
const stale = [];
for (const [path, content] of Object.entries(outputs)) {
  const wanted = await format(content, { ...options, filepath: path });
  const found = await read(path).catch(() => null);
  if (found === wanted) continue;
  stale.push(path);
  if (check) continue;
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), wanted);
}
for (const path of stale) console.log(check ? `stale: ${path}` : `wrote ${path}`);
if (check && stale.length > 0) {
  console.error('Run `npm run generate` and commit the result.');
  process.exitCode = 1;
}
