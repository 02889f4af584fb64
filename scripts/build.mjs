#!/usr/bin/env node
/**
 * Bundles into dist/: ai-vm, which is what people start; main.js, which Node starts; the command line in one file, with V8's code for it;
 * the gateway; the library. Does nothing when the sources are those of the last build. usage: node scripts/build.mjs [--force] [--out DIR]
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const root = resolve(import.meta.dirname, '..');
const { values: options } = parseArgs({ options: { force: { type: 'boolean' }, out: { type: 'string' } } });
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
  // V8's code is for one version of it.
  const hash = createHash('sha256').update(process.version);
  const files = [...filesUnder(join(root, 'src')), import.meta.filename];
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

const { build } = await import('esbuild');
const started = performance.now();

const COMMON = {
  outdir: out,
  absWorkingDir: root,
  bundle: true,
  write: false,
  platform: 'node',
  target: 'node20',
  sourcemap: 'linked',
  minify: false,
  logLevel: 'warning',
};

/** @param {import('esbuild').BuildOptions} how */
async function bundle(how) {
  try {
    return await build({ ...COMMON, ...how });
  } catch {
    // esbuild has said why.
    process.exit(1);
  }
}

// What a verb does not use is in the file, but is not run.
const cli = await bundle({
  entryPoints: { 'cli-[hash]': join(root, 'src/cli/run.ts') },
  entryNames: 'cli-[hash]',
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  define: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
  // Code that V8 has kept does not know who loads a module for it.
  supported: { 'dynamic-import': false },
  // Names stay, for whoever reads where an error comes from.
  minifyWhitespace: true,
  // Node shows the line that an error comes from.
  lineLimit: 120,
  // See src/load.ts.
  banner: { js: '(function (exports, require, module, __filename, __dirname) {' },
  footer: { js: '})' },
});
const isCode = (file) => file.path.endsWith('.cjs');
const code = cli.outputFiles.find(isCode);

const foreign = /[^\x00-\x7f].*/.exec(code.text);
if (foreign) {
  process.stderr.write(
    `build: more than ASCII, as in a regular expression, a tagged template or a legal comment: ${foreign[0].slice(0, 80)}\n`,
  );
  process.exit(1);
}

// Packages in CommonJS call `require` for Node's own modules, which a bundle of ES modules does not have.
const REQUIRE =
  "import { createRequire as nodeCreateRequire } from 'node:module';\nconst require = nodeCreateRequire(import.meta.url);\n";
const [main, library, gateway, compile] = await Promise.all([
  bundle({
    entryPoints: { main: join(root, 'src/main.ts') },
    format: 'esm',
    metafile: true,
    define: { CLI_CODE: JSON.stringify(basename(code.path)) },
    banner: { js: '#!/usr/bin/env node' },
  }),
  bundle({ entryPoints: { config: join(root, 'src/library/config.ts') }, format: 'esm', banner: { js: REQUIRE } }),
  // A process of its own, whose code comes in through its stdin.
  bundle({ entryPoints: { gateway: join(root, 'src/gateway/main.ts') }, format: 'esm' }),
  bundle({ entryPoints: { compile: join(root, 'src/compile.ts') }, format: 'esm', sourcemap: false }),
]);

const heavy = Object.keys(main.metafile.inputs).filter((input) => input.includes('node_modules/'));
if (heavy.length > 0) {
  process.stderr.write(`build: loaded at every start, before a verb has been chosen:\n  ${heavy.join('\n  ')}\n`);
  process.exit(1);
}

/** @param {string} file gets V8's code beside it */
function compileApart(file) {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'ai-vm-build-')));
  // Neither what is on this host, nor the options that this Node was started with.
  const env = { PATH: process.env.PATH, HOME: dir, TMPDIR: dir, AI_VM_HOME: join(dir, 'home') };
  try {
    const options = { cwd: dir, env, input: compile.outputFiles[0].contents, stdio: 'pipe' };
    execFileSync(process.execPath, ['--input-type=module', '-', file], options);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** A shell script that is told which command line it belongs to. */
const launcher = {
  path: join(out, 'ai-vm'),
  contents: readFileSync(join(root, 'src/launcher.sh'), 'utf8').replace('@BUILD@', basename(code.path)),
};

// A command that starts now may yet read the old code: the programs are the last of the new files to go in, and what is old stays
// for a while.
const STAYS_MS = 3_600_000;
const isProgram = (file) => file === launcher || file.path === join(out, 'main.js');
const files = [...[cli, library, gateway, main].flatMap(({ outputFiles }) => outputFiles), launcher];
rmSync(stamp, { force: true });
mkdirSync(out, { recursive: true });
for (const file of files) {
  const partial = `${file.path}.${process.pid}.partial`;
  writeFileSync(partial, file.contents);
  if (isProgram(file)) chmodSync(partial, 0o755);
  renameSync(partial, file.path);
  if (isCode(file)) compileApart(file.path);
}
const kept = new Set([...files.map(({ path }) => basename(path)), `${basename(code.path)}.v8`]);
for (const name of readdirSync(out)) {
  const path = join(out, name);
  const seen = kept.has(name) ? undefined : statSync(path, { throwIfNoEntry: false });
  if (seen && Date.now() - seen.mtimeMs > STAYS_MS) rmSync(path, { recursive: true, force: true });
}
writeFileSync(stamp, digest);

const size = files.filter((file) => !file.path.endsWith('.map')).reduce((sum, file) => sum + file.contents.length, 0);
process.stderr.write(
  `build: ${relative(process.cwd(), out) || '.'}/ (${Math.round(size / 1024)} KiB) in ${Math.round(performance.now() - started)} ms\n`,
);
