import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { anchor, documents, headings, localLinks, read, ROOT } from './support.ts';

/** Targets that lead nowhere. */
function broken(document: string): string[] {
  return localLinks(document)
    .filter(({ path, anchor: wanted }) => {
      const file = join(ROOT, path);
      if (!existsSync(file)) return true;
      if (wanted === undefined) return false;
      if (!statSync(file).isFile() || !path.endsWith('.md')) return true;
      return !headings(read(path)).some(({ text }) => anchor(text) === wanted);
    })
    .map(({ target }) => target);
}

describe('the documentation', () => {
  it.each(documents())('%s: every link within the repository leads somewhere', (document) => {
    expect(broken(document)).toEqual([]);
  });

  it('can be reached from the README', () => {
    const seen = new Set<string>();
    const visit = (document: string): void => {
      if (seen.has(document)) return;
      seen.add(document);
      for (const { path } of localLinks(document)) if (path.endsWith('.md')) visit(path);
    };
    visit('README.md');
    expect(documents().filter((document) => !seen.has(document))).toEqual([]);
  });
});
