/** Included files of git repositories. Nothing is fetched on the word of a file alone, so what is in one comes after the consent. */
import { parseGitSource, type GitSource } from '../config/git-source.ts';
import type { GitPlace } from '../host/git.ts';
import { projectPaths, type HostEnv, type ProjectPlace } from '../host/paths.ts';
import type { Emit } from '../model/events.ts';
import { borrowedAsk } from './asks.ts';
import { NotAllowed, readConsents } from './consents.ts';

/** The machines cannot be known before that is allowed; whose they are can. */
export class FetchNotAllowed extends NotAllowed {
  readonly project: ProjectPlace;
  constructor(file: string, asks: NotAllowed['asks'], project: ProjectPlace) {
    const fix =
      'If you trust it: ai-vm approve, and once more for what is in there. Otherwise remove it from the file.';
    super(file, asks, fix);
    this.project = project;
  }
}

export interface FetchPlace extends Pick<GitPlace, 'signal'> {
  readonly host: HostEnv;
  readonly env: GitPlace['env'];
  readonly emit: Emit;
}

/** What consent to a file of a repository is asked with, by its name. */
const asBorrowed = (name: string) => ({ vm: '*', as: 'git', path: name, digest: sourceOf(name).commit }) as const;

function sourceOf(name: string): GitSource {
  const source = parseGitSource(name);
  if (!source || 'fault' in source) throw new Error(`${name} is no file of a repository`);
  return source;
}

/**
 * @param names as showGitSource has them
 * @param file that names them, for messages
 * @returns name → text and commit
 * @throws FetchNotAllowed; AiVmError config.unreachable, host.missing, interrupted
 */
export async function fetchAll(
  names: readonly string[],
  file: string,
  project: ProjectPlace,
  { host, env, signal, emit }: FetchPlace,
): Promise<Map<string, { readonly text: string; readonly commit: string }>> {
  if (names.length === 0) return new Map();
  const { given } = await readConsents(projectPaths(project, host).approvals);
  const asks = names.map((name) => borrowedAsk(asBorrowed(name))).filter(({ digest }) => !Object.hasOwn(given, digest));
  if (asks.length > 0) throw new FetchNotAllowed(file, asks, project);
  // Most projects never need it, nor what starts processes.
  const { isFetched, readGitFile } = await import('../host/git.ts');
  const place = { cacheHome: host.cacheHome, env, signal };
  const texts = new Map<string, { readonly text: string; readonly commit: string }>();
  for (const name of names) {
    const source = sourceOf(name);
    if (!(await isFetched(source, place))) emit({ type: 'info', message: `fetching ${name}` });
    texts.set(name, { text: await readGitFile(source, place), commit: source.commit });
  }
  return texts;
}
