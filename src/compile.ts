/**
 * Part of the build, `node - FILE` in an empty directory: runs the command line for a while and keeps what V8 has made of it by then,
 * which is what most commands begin with.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { codePath, keptCode, load } from './load.ts';

const file = process.argv.at(-1) ?? '';
const { script, exports } = load(file);
writeFileSync('ai-vm.yaml', 'vms:\n  dev: {cpus: 2, memory: 2GiB, ports: ["8080:80"], shares: [".:ro"]}\n');
for (const argv of [['config'], ['plan'], ['ps'], ['exec', 'dev', 'true'], ['up', '--help']]) {
  // The build does not show what they say.
  const { stdin, stdout, stderr, env } = process;
  await exports.runCli(argv, { stdin, stdout, stderr, env, cwd: process.cwd(), signal: new AbortController().signal });
}
const partial = `${codePath(file)}.${process.pid}.partial`;
writeFileSync(partial, keptCode(readFileSync(file), script.createCachedData()));
renameSync(partial, codePath(file));
