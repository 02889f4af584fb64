/** `cp`: files into a machine and out of it, as a tar archive through SSH. */
import { basename, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import { extract, pack } from 'tar-stream';
import { AiVmError } from '../model/errors.ts';
import { sanitise } from '../host/untrusted.ts';
import type { Context } from './context.ts';
import { MISSING, packScript, parseCopy, sizeScript, targetScript, unpackScript, type Copy } from './copy/paths.ts';
import { packSource, sizeOfTrees } from './copy/read-tree.ts';
import { newTally, type Tally } from './copy/tally.ts';
import { whileTelling } from './copy/telling.ts';
import { unpackTo } from './copy/write-tree.ts';
import { login, sessionArgv, type Login } from './ssh.ts';
import { wake } from './wake.ts';

export interface CopyResult extends Tally {
  readonly vm: string;
  readonly way: Copy['way'];
}

interface CopyOptions {
  readonly words: readonly string[];
  readonly user: string | null;
  /** Absolute; paths of this host count from there. */
  readonly cwd: string;
}

/** Directories of this host that a guest of the project can write to, now or after the next `up`. */
function guardedBy({ project }: Context, { applied }: Login): string[] {
  const configs = [...(project.desired?.vms ?? []), applied.config];
  return configs.flatMap(({ shares }) => shares.flatMap(({ path, mode }) => (mode === 'rw' ? [path] : [])));
}

const ENV = { LC_ALL: 'C.UTF-8' };
/** What a guest may say of what went wrong. */
const SAID = 2000;

export async function copy(context: Context, options: CopyOptions): Promise<CopyResult> {
  const plan = parseCopy(options.words);
  await wake(context, plan.vm);
  const target = await login(context, plan.vm);
  const remote = (script: string): string[] =>
    sessionArgv(
      context,
      target,
      { vm: plan.vm, command: ['sh', '-c', script], user: options.user, directory: null },
      false,
    );
  const tally = newTally();
  const how = { guarded: guardedBy(context, target), tally, signal: context.signal };
  const title = `copy ${plan.way === 'in' ? 'to' : 'from'} ${plan.vm}`;
  const job = { id: `copy:${plan.vm}`, kind: 'copy', vm: plan.vm, needs: [], title } as const;
  const total = (signal: AbortSignal): Promise<number | null> => totalOf(plan, remote, options.cwd, signal);
  await whileTelling({ job, tally, total, emit: context.emit }, () =>
    plan.way === 'in' ? copyIn(plan, remote, how, options.cwd) : copyOut(plan, remote, how, options.cwd),
  );
  return { ...tally, vm: plan.vm, way: plan.way };
}

type Remote = (script: string) => string[];

/** Bytes of all that is to be copied, for people: what the guest says of its own is taken for what it is. */
async function totalOf(
  { way, sources }: Copy,
  remote: Remote,
  cwd: string,
  signal: AbortSignal,
): Promise<number | null> {
  if (way === 'in')
    return sizeOfTrees(
      sources.map((source) => resolve(cwd, source)),
      signal,
    );
  const { stdout } = await execa('ssh', remote(sizeScript(sources)), {
    ...{ reject: false, env: ENV, stdin: 'ignore', stderr: 'ignore', cancelSignal: signal, maxBuffer: 100 },
  });
  return /^\d{1,15}$/.test(stdout.trim()) ? Number(stdout) : null;
}

type How = Parameters<typeof unpackTo>[3];

function failure(vm: string, code: number | undefined, stderr: string): AiVmError {
  const said = sanitise(stderr.trim()).slice(-SAID);
  if (code === MISSING) return new AiVmError('copy.failed', `${vm} has no ${said}`, { vm });
  return new AiVmError('copy.failed', `the copy was cut off in ${vm}`, {
    vm,
    why: said || `tar in the guest ended with ${code ?? 'a signal'}`,
  });
}

async function copyIn({ vm, sources, target }: Copy, remote: Remote, how: How, cwd: string): Promise<void> {
  const asked = await execa('ssh', remote(targetScript(target)), { reject: false, env: ENV, cancelSignal: how.signal });
  how.signal.throwIfAborted();
  if (asked.exitCode !== 0) throw failure(vm, asked.exitCode, asked.stderr);
  const isDirectory = asked.stdout.trim() === 'dir';
  if (!isDirectory && (sources.length > 1 || target.endsWith('/'))) {
    throw new AiVmError('copy.failed', `${target} is no directory in ${vm}`, {
      vm,
      fix: `ai-vm exec ${vm} -- mkdir -p …`,
    });
  }
  const archive = pack();
  const script = unpackScript(target, isDirectory);
  const child = execa('ssh', remote(script), { reject: false, env: ENV, stdin: 'pipe', cancelSignal: how.signal });
  const fed = pipeline(archive, child.stdin);
  // Why it broke is said by what ended.
  fed.catch(() => undefined);
  try {
    const name = isDirectory ? null : basename(target);
    for (const source of sources) await packSource(archive, resolveKeeping(cwd, source), name, how);
    archive.finalize();
  } catch (error) {
    archive.destroy();
    child.kill();
    await child;
    throw error;
  }
  await fed.catch(() => undefined);
  const ended = await child;
  how.signal.throwIfAborted();
  if (ended.exitCode !== 0) throw failure(vm, ended.exitCode, ended.stderr);
}

/** Absolute, with the `/` or `/.` at its end that asks for what is in a directory. */
function resolveKeeping(cwd: string, path: string): string {
  const end = /(^|\/)\.?$/.test(path) ? '/.' : '';
  return resolve(cwd, path) + end;
}

async function copyOut({ vm, sources, target }: Copy, remote: Remote, how: How, cwd: string): Promise<void> {
  const script = packScript(sources);
  const child = execa('ssh', remote(script), {
    ...{ reject: false, env: ENV, stdin: 'ignore', buffer: { stdout: false }, cancelSignal: how.signal },
  });
  try {
    const to = resolve(cwd, target) + (target.endsWith('/') ? '/' : '');
    await unpackTo(child.stdout, extract(), to, how);
  } catch (error) {
    child.kill();
    const ended = await child;
    how.signal.throwIfAborted();
    // An archive that was cut off: the other side knows why.
    if (!(error instanceof AiVmError) && (ended.exitCode ?? 0) !== 0) throw failure(vm, ended.exitCode, ended.stderr);
    throw error;
  }
  const ended = await child;
  if (ended.exitCode !== 0) throw failure(vm, ended.exitCode, ended.stderr);
}
