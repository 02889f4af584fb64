import { describe, expect, it } from '@jest/globals';
import { parseGitSource } from '../../../src/config/git-source.ts';
import { filesFaults } from './support.ts';

const COMMIT = '05d2d74403d23d99daf70f4eb4fc0ff16cae7f1a';

describe('a file of a repository', () => {
  it.each(['https://example.org/o/r.git', 'ssh://git@example.org:22/o/r', 'git@example.org:o/r.git'])(
    'is named by address, commit and path: %s',
    (url) => {
      expect(parseGitSource(`${url}#${COMMIT}:a/b.toml`)).toEqual({ url, commit: COMMIT, path: 'a/b.toml' });
      expect(parseGitSource(`${url}#${COMMIT}`)).toEqual({ url, commit: COMMIT, path: 'ai-vm.yaml' });
    },
  );

  it.each(['a.yaml', '/abs/a.yaml', 'oci://x/y', 'github:o/r', 'git@', 'file:///srv/r.git', 'ext::sh -c x'])(
    'is not what is called %s',
    (text) => expect(parseGitSource(text)).toBeNull(),
  );

  it.each([
    ['https://user:word@example.org/r.git', 'is no address'],
    ['ssh://-oProxyCommand=x/r', 'is no address'],
    ['https://example.org', 'is no address'],
    ['https://example.org/r.git', 'names no commit'],
    [`https://example.org/r.git#main:a.yaml`, 'names a branch, a tag'],
    [`https://example.org/r.git#${COMMIT.slice(0, 12)}`, 'names a branch, a tag'],
    [`https://example.org/r.git#${COMMIT.toUpperCase()}`, 'names a branch, a tag'],
    [`https://example.org/r.git#${COMMIT}:../a`, 'names no file'],
    [`https://example.org/r.git#${COMMIT}:/a`, 'names no file'],
    [`https://example.org/r.git#${COMMIT}:`, 'names no file'],
    [`https://example.org/r.git#${COMMIT}:a//b`, 'names no file'],
  ])('has to be pinned and to be a file: %s', (text, fault) => {
    expect(parseGitSource(text)).toMatchObject({ fault: expect.stringContaining(fault) });
  });

  it('is asked for with what to write', () => {
    const files = { 'ai-vm.yaml': 'vms: {web: }\ninclude: ["https://example.org/o/r.git#main:x.yaml", "oci://x/y"]\n' };
    expect(filesFaults({ files, outside: {} })).toMatchInlineSnapshot(`
      "ai-vm.yaml:2:11  error  include[0]: "https://example.org/o/r.git#main:x.yaml" names a branch, a tag or a part of a commit, which may be another one tomorrow [config.value]
        1 | vms: {web: }
        2 | include: ["https://example.org/o/r.git#main:x.yaml", "oci://x/y"]
          |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        hint: Write all 40 digits of a commit: https://example.org/o/r.git#COMMIT:x.yaml. See git ls-remote https://example.org/o/r.git
      ai-vm.yaml:2:54  error  include[1]: "oci://x/y" is elsewhere, and only git repositories are fetched from [config.unsupported]
        1 | vms: {web: }
        2 | include: ["https://example.org/o/r.git#main:x.yaml", "oci://x/y"]
          |                                                      ^^^^^^^^^^^
        hint: Write https://host/owner/repository.git#COMMIT:path/ai-vm.yaml, or put it into the project."
    `);
  });
});
