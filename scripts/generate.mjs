#!/usr/bin/env node
// Makes src/generated/* and docs/config.md from schemas/ai-vm.schema.json, scripts/host-packages.tsv and package.json; docs/cli.md and
// man/ai-vm.1 from the program, and docs/output.md from schemas/output.
// `--check` writes nothing: it names the files that are stale and exits 1.
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { cliDocs, cliReference, manPage } from './generate/cli.mjs';
import { configDocs } from './generate/docs.mjs';
import { configTypes } from './generate/types.mjs';
import { fieldTable } from './generate/fields.mjs';
import { hostPackages } from './generate/host-packages.mjs';
import { outputDocs } from './generate/outputs.mjs';
import { standaloneValidator, validatorTypes } from './generate/validator.mjs';

const root = dirname(import.meta.dirname);
const read = (path) => readFile(join(root, path), 'utf8');

/** The version is compiled in: `--version` reads no file. */
const versionModule = ({ version }) =>
  `// Generated from package.json by scripts/generate.mjs: do not edit.\n\nexport const VERSION = '${version}';\n`;

/** The schema as text: the bundle has it, wherever it lies. */
const schemaModule = (text) =>
  `// Generated from schemas/ai-vm.schema.json by scripts/generate.mjs: do not edit.\n\nexport const SCHEMA_TEXT = ${JSON.stringify(text)};\n`;

const schemaText = await read('schemas/ai-vm.schema.json');
const schema = JSON.parse(schemaText);
const outputs = {
  'src/generated/validate.cjs': standaloneValidator(schema),
  'src/generated/validate.d.cts': validatorTypes(),
  'src/generated/config.ts': await configTypes(schema),
  'src/generated/fields.ts': fieldTable(schema),
  'src/generated/schema.ts': schemaModule(schemaText),
  'src/generated/host-packages.ts': hostPackages(await read('scripts/host-packages.tsv')),
  'src/generated/version.ts': versionModule(JSON.parse(await read('package.json'))),
  'docs/config.md': configDocs(schema),
};

const check = process.argv.includes('--check');
const options = await resolveConfig(join(root, 'package.json'));
const stale = [];
async function put(path, content) {
  // What prettier knows nothing of is as it is made.
  const wanted = path.startsWith('man/') ? content : await format(content, { ...options, filepath: path });
  const found = await read(path).catch(() => null);
  if (found === wanted) return;
  stale.push(path);
  if (check) return;
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), wanted);
}
for (const [path, content] of Object.entries(outputs)) await put(path, content);

// The program is made of what is generated above.
const entries = await cliReference(root);
const names = (await readdir(join(root, 'schemas/output'))).sort();
const output = Object.fromEntries(
  await Promise.all(names.map(async (name) => [name.split('.')[0], JSON.parse(await read(`schemas/output/${name}`))])),
);
await put('docs/cli.md', cliDocs(entries));
await put('docs/output.md', outputDocs(output));
await put('man/ai-vm.1', manPage(entries, JSON.parse(await read('package.json')).version));

for (const path of stale) console.log(check ? `stale: ${path}` : `wrote ${path}`);
if (check && stale.length > 0) {
  console.error('Run `npm run generate` and commit the result.');
  process.exitCode = 1;
}
