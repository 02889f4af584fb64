/** Which directories may be shared, judged by their real path alone. Pure. */

export interface Premises {
  /** Home directories of this host's users. */
  readonly homes: readonly string[];
  /** State, runtime and cache directories of all projects. */
  readonly stateDirs: readonly string[];
}

export type ShareRule =
  | { readonly verdict: 'fine' }
  /** Needs `allow_sensitive: true` and approval. */
  | { readonly verdict: 'sensitive'; readonly why: string }
  /** Nothing allows it. */
  | { readonly verdict: 'never'; readonly why: string };

const NEVER = ['/boot', '/sys', '/proc', '/dev'];
const SYSTEM = ['/root', '/etc', '/var', '/usr', '/bin', '/sbin', '/opt', '/run'];
/** Parents of what belongs to different people: themselves sensitive, what is inside is judged on its own. */
const SHARED = ['/home', '/tmp', '/var/tmp'];
/** Where keys and tokens are kept, wherever in the path. */
const CREDENTIALS = new Set(
  '.ssh .gnupg .aws .kube .config .docker .claude .codex .gemini .aider .opencode'.split(' '),
);

/** Whether `path` is `dir` or lies inside it. Both absolute and without symlinks. */
export function isWithin(path: string, dir: string): boolean {
  return path === dir || dir === '/' || path.startsWith(`${dir}/`);
}

const system = (path: string): string | undefined =>
  [...SYSTEM, ...(/^\/lib(?:|32|64|x32|exec)(?=\/|$)/.exec(path) ?? [])].find((dir) => isWithin(path, dir));

/** @param path real path of the directory */
export function shareRule(path: string, { homes, stateDirs }: Premises): ShareRule {
  if (path === '/') return { verdict: 'never', why: 'It is the whole host.' };
  const never = NEVER.find((dir) => isWithin(path, dir));
  if (never) return { verdict: 'never', why: `${never} is how the host's kernel is steered.` };
  const state = stateDirs.find((dir) => isWithin(path, dir) || isWithin(dir, path));
  if (state !== undefined) {
    return {
      verdict: 'never',
      why: `ai-vm keeps disks, keys and sockets in ${state}: a guest that reaches them owns the host.`,
    };
  }
  const secret = path.split('/').find((part) => CREDENTIALS.has(part));
  if (secret !== undefined) return { verdict: 'sensitive', why: `${secret} holds credentials.` };
  if (SHARED.includes(path)) return { verdict: 'sensitive', why: 'It holds the files of different users.' };
  const home = homes.find((dir) => dir !== '/' && isWithin(dir, path));
  if (home !== undefined || /^\/home\/[^/]+$/.test(path)) {
    return { verdict: 'sensitive', why: `${home ?? path} is a whole home directory, with keys and tokens in it.` };
  }
  const part = isWithin(path, '/var/tmp') ? undefined : system(path);
  if (part !== undefined) return { verdict: 'sensitive', why: `${part} belongs to the system.` };
  return { verdict: 'fine' };
}
