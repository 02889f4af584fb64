/** Files of git repositories, as Compose names them: `https://host/owner/repository.git#COMMIT:path/ai-vm.yaml`. Pure. */

export interface GitSource {
  readonly url: string;
  /** 40 hexadecimal digits. */
  readonly commit: string;
  /** Within the repository. */
  readonly path: string;
}

export interface GitFault {
  readonly fault: string;
  readonly hint: string;
}

/** A host cannot be taken for an option, and nobody writes a password into a file. */
const URL_FORM = /^(https?:\/\/|ssh:\/\/([\w.-]+@)?)[a-z0-9][\w.-]*(:\d{1,5})?\/[\w.~/+-]+$/i;
const SCP_FORM = /^[\w.-]+@[a-z0-9][\w.-]*:[\w.~/+-]+$/i;
const PATH_FORM = /^(?!.*(^|\/)\.{0,2}(\/|$))[\w.@+/ -]{1,255}$/;

const isUrl = (text: string): boolean => URL_FORM.test(text) || SCP_FORM.test(text);

/** One name for one file, whether its path was written or not. */
export const showGitSource = ({ url, commit, path }: GitSource): string => `${url}#${commit}:${path}`;

/** @returns null: it names no repository at all */
export function parseGitSource(text: string): GitSource | GitFault | null {
  const hash = text.indexOf('#');
  const url = hash === -1 ? text : text.slice(0, hash);
  if (!/^(https?|ssh):\/\//i.test(url) && !SCP_FORM.test(url)) return null;
  if (!isUrl(url)) {
    const hint = 'Write https://host/owner/repository.git, without a password, or git@host:owner/repository.git.';
    return { fault: 'is no address of a git repository', hint };
  }
  const [ref = '', ...rest] = hash === -1 ? [] : text.slice(hash + 1).split(':');
  const path = rest.length === 0 ? 'ai-vm.yaml' : rest.join(':');
  if (!/^[0-9a-f]{40}$/.test(ref)) {
    const what =
      ref === '' ? 'names no commit' : 'names a branch, a tag or a part of a commit, which may be another one tomorrow';
    return { fault: what, hint: `Write all 40 digits of a commit: ${url}#COMMIT:${path}. See git ls-remote ${url}` };
  }
  if (!PATH_FORM.test(path)) {
    return {
      fault: 'names no file of the repository',
      hint: `Write its path from the top: ${url}#${ref}:path/ai-vm.yaml.`,
    };
  }
  return { url, commit: ref, path };
}
