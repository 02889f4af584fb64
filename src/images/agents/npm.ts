/** Programs that come as packages of npm. Nothing of them is run on the host. */
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AiVmError, messageOf } from '../../model/errors.ts';
import type { FetchContext } from './agent.ts';

export interface NpmPackage {
  /** For people. */
  readonly title: string;
  /** As npm knows it, such as `@openai/codex`. */
  readonly name: string;
  /** Of that package: what is behind the `@`. */
  readonly version: string;
  /** Patterns of what is not unpacked, seen from the package. */
  readonly without?: readonly string[];
}

/**
 * The directory that a package was unpacked into; kept between builds. npm checks it against the registry's own record.
 * @throws AiVmError `image.build`
 */
export async function fetchNpm(wanted: NpmPackage, { cacheDir, signal }: FetchContext): Promise<string> {
  const parent = join(cacheDir, 'agents');
  const target = join(parent, `${wanted.name.replaceAll('/', '+')}@${wanted.version}`);
  if (!(await stat(target).catch(() => null))?.isDirectory()) await download(wanted, parent, target, signal);
  return target;
}

async function download(wanted: NpmPackage, parent: string, target: string, signal?: AbortSignal): Promise<void> {
  const { title, name, version, without = [] } = wanted;
  const spec = `${name}@${version}`;
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const dir = await mkdtemp(join(parent, 'partial-'));
  // Every command knows the recipe of an agent, and few of them fetch one.
  const { execa } = await import('execa');
  const cancel = signal ? { cancelSignal: signal } : {};
  try {
    await execa('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', dir, spec], {
      // A project's own .npmrc has no say here.
      cwd: dir,
      stdin: 'ignore',
      ...cancel,
    });
    const archive = (await readdir(dir)).find((file) => file.endsWith('.tgz'));
    if (archive === undefined) throw new Error('npm pack left no archive');
    const left = without.map((pattern) => `--exclude=package/${pattern}`);
    await execa('tar', ['-xzf', archive, '--no-same-owner', ...left, 'package'], { cwd: dir, ...cancel });
    await rename(join(dir, 'package'), target).catch(async (error: unknown) => {
      // Somebody else was quicker.
      if (!(await stat(target).catch(() => null))?.isDirectory()) throw error;
    });
  } catch (error) {
    signal?.throwIfAborted();
    const said = messageOf(error);
    throw new AiVmError('image.build', `${title} ${version} could not be fetched with npm`, {
      why: said.split('\n').filter(Boolean).slice(-4).join('\n').slice(0, 1000),
      fix: `npm view ${spec} shows whether npm can reach it.`,
      cause: error,
    });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
