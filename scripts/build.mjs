#!/usr/bin/env node
/**
 * Bundles src/main.ts into dist/: ES modules, one chunk for each dynamic import, so that a verb loads only what it uses.
 * Does nothing when the sources are those of the last build. usage: node scripts/build.mjs [--force] [--entry FILE --out DIR]
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const root = resolve(import.meta.dirname, '..');
const { values: options } = parseArgs({
  options: { force: { type: 'boolean' }, entry: { type: 'string' }, out: { type: 'string' } },
});
const entry = resolve(options.entry ?? join(root, 'src/main.ts'));
const out = resolve(options.out ?? join(root, 'dist'));
const stamp = join(out, '.stamp');

function* filesUnder(dir) {
  for (const item of readdirSync(dir, { withFileTypes: true })) {
    if (item.isDirectory()) yield* filesUnder(join(dir, item.name));
    else yield join(dir, item.name);
  }
}

/** Digest of all that the bundle is made of. The lock file stands for the packages. */
function digestOfInputs() {
  const hash = createHash('sha256').update(relative(root, entry));
  const files = [...filesUnder(join(root, 'src')), entry, import.meta.filename];
  files.push(...['package.json', 'package-lock.json', 'tsconfig.json'].map((name) => join(root, name)));
  for (const file of files.sort()) {
    const content = readFileSync(file);
    hash.update(`${relative(root, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

const digest = digestOfInputs();
if (!options.force && existsSync(join(out, 'main.js')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) {
  process.exit(0);
}

const REQUIRE =
  "import { createRequire as nodeCreateRequire } from 'node:module';\nconst require = nodeCreateRequire(import.meta.url);\nconst __filename = import.meta.filename;";
// esbuild puts the entry's own first line, where it is one for the shell, before the banner.
const shebang = readFileSync(entry, 'utf8').startsWith('#!') ? '' : '#!/usr/bin/env node\n';

const { build } = await import('esbuild');
const started = performance.now();
let result;
try {
  result = await build({
    entryPoints: { main: entry },
    outdir: out,
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    splitting: true,
    platform: 'node',
    target: 'node20',
    chunkNames: 'chunks/[name]-[hash]',
    sourcemap: 'linked',
    minify: false,
    // Packages in CommonJS call `require` for Node's own modules, which a bundle of ES modules does not have.
    banner: { js: `${shebang}${REQUIRE}` },
    logLevel: 'warning',
  });
} catch {
  // esbuild has said why.
  process.exit(1);
}

/** Packages that are loaded with `main`, before a verb has been chosen: each costs every start. */
function packagesAtStart(outputs, file, seen = new Set()) {
  if (seen.has(file) || !outputs[file]) return [];
  seen.add(file);
  const own = Object.keys(outputs[file].inputs).filter((input) => input.includes('node_modules/'));
  const eager = outputs[file].imports.filter((each) => each.kind === 'import-statement');
  return [...own, ...eager.flatMap((each) => packagesAtStart(outputs, each.path, seen))];
}

const { outputs } = result.metafile;
const mainOutput = Object.keys(outputs).find((file) => file.endsWith('/main.js') || file === 'main.js');
const heavy = packagesAtStart(outputs, mainOutput);
if (heavy.length > 0) {
  process.stderr.write(`build: loaded at every start, for want of a dynamic import:\n  ${heavy.join('\n  ')}\n`);
  process.exit(1);
}

// A command that is running may yet load chunks of the old bundle: the new files go in first, main.js last among them,
// and only then does the old go.
const isMain = (file) => file.path === join(out, 'main.js');
const files = result.outputFiles.sort((a, b) => Number(isMain(a)) - Number(isMain(b)));
rmSync(stamp, { force: true });
for (const file of files) {
  mkdirSync(dirname(file.path), { recursive: true });
  const partial = `${file.path}.${process.pid}.partial`;
  writeFileSync(partial, file.contents);
  if (isMain(file)) chmodSync(partial, 0o755);
  renameSync(partial, file.path);
}
const kept = new Set(files.map((file) => file.path));
for (const file of filesUnder(out)) if (!kept.has(file)) rmSync(file, { force: true });
writeFileSync(stamp, digest);

const size = files.filter((file) => file.path.endsWith('.js')).reduce((sum, file) => sum + file.contents.length, 0);
process.stderr.write(
  `build: ${relative(process.cwd(), out) || '.'}/ (${kept.size / 2} modules, ${Math.round(size / 1024)} KiB) in ${Math.round(performance.now() - started)} ms\n`,
);
