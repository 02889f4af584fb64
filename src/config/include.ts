import { posix } from 'node:path';
import { parseGitSource, showGitSource } from './git-source.ts';
import { quote } from './outcome.ts';
import type { Report } from './source.ts';
import { entry, showPath, type MapNode, type Node } from './tree.ts';

/** A machine of an included file. */
export interface Included {
  readonly name: string;
  readonly vm: MapNode;
  /** The entry of `include` that names its file. */
  readonly node: Node;
}

/** What no path of a file looks like. */
const REMOTE = /^(\w[\w+.-]*:\/\/|[\w.-]+@[\w.-]+:|github:|oci:)/;

/** Whether a name is that of a file of a git repository. */
export const isRemote = (path: string): boolean => !path.startsWith('/');

/** The files that `include` names, each with its entry: absolute paths, or files of git repositories by their one name. */
export function includedFiles(include: Node | undefined, base: string, report: Report): { path: string; node: Node }[] {
  if (include?.kind !== 'list') return [];
  return include.items.flatMap((item) => {
    const path = item.kind === 'map' ? entry(item, 'path') : item;
    if (path?.kind !== 'scalar') return [];
    const text = String(path.value);
    if (!REMOTE.test(text)) return [{ path: posix.resolve(base, text), node: path }];
    const source = parseGitSource(text);
    if (source && !('fault' in source)) return [{ path: showGitSource(source), node: path }];
    if (source)
      report.error('config.value', path.at, `${showPath(path.at)}: ${quote(text)} ${source.fault}`, source.hint);
    else {
      report.error(
        'config.unsupported',
        path.at,
        `${showPath(path.at)}: ${quote(text)} is elsewhere, and only git repositories are fetched from`,
        'Write https://host/owner/repository.git#COMMIT:path/ai-vm.yaml, or put it into the project.',
      );
    }
    return [];
  });
}
