import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Home } from '../../support/home.ts';

describe('what Tab offers', () => {
  let home: Home;
  beforeEach(() => {
    home = new Home('vms: {dev: {}, db: {}}\n');
    home.stopped('old');
  });
  afterEach(() => home.close());

  async function offered(
    ...words: string[]
  ): Promise<{ values: string[]; directive: string; code: number; err: string }> {
    const { out, code, err } = await home.run(['complete', '--', ...words]);
    const lines = out.trimEnd().split('\n');
    return { values: lines.slice(0, -1).map((line) => line.split('\t')[0]!), directive: lines.at(-1)!, code, err };
  }

  it.each<[string[], string[]]>([
    [['sn'], ['snapshot']],
    [['help', 'sn'], ['snapshot']],
    [
      ['up', ''],
      ['db', 'dev', 'old'],
    ],
    [
      ['up', 'd'],
      ['db', 'dev'],
    ],
    [['up', 'dev', 'd'], ['db']],
    [['-C', '.', 'up', 'dev', '--rec'], ['--recreate']],
    [
      ['up', '--recreate', 'd'],
      ['db', 'dev'],
    ],
    [
      ['ps', '--format', ''],
      ['table', 'json'],
    ],
    [['wait', '--for', 'h'], ['healthy']],
    [['ps', '-p', 's'], ['shop']],
    [['snapshot', 're'], ['restore']],
    [['snapshot', 'save', 'x', 'ol'], ['old']],
    [['completion', 'f'], ['fish']],
    [['exec', 'dev', '--', 'd'], []],
    [['nonsense', ''], []],
    [['fork', 'dev', '-n', 'd'], []],
  ])('%j', async (words, values) => {
    expect((await offered(...words)).values).toEqual(values);
  });

  it('is files where files are wanted, and a machine that goes on with a colon', async () => {
    expect(await offered('up', '--plan', '')).toMatchObject({ values: [], directive: ':0' });
    expect(await offered('up', '')).toMatchObject({ directive: ':4' });
    expect(await offered('cp', 'a', 'de')).toMatchObject({ values: ['dev:'], directive: ':2' });
    expect(await offered('cp', './')).toMatchObject({ values: [], directive: ':0' });
  });

  it.each(['', 'vms:', 'vms: {dev: [', 'vms: {dev: {cpus: -1}}', '\u0000'])(
    'is never an error, whatever is in the file: %j',
    async (text) => {
      home.write(text);
      const result = await offered('stop', '');
      expect(result).toMatchObject({ code: 0, err: '' });
      expect(result.values).toContain('old');
    },
  );

  it('is nothing where there is no project', async () => {
    expect(await home.run(['complete', '--', 'stop', ''], { cwd: '/' })).toEqual({ code: 0, out: ':4\n', err: '' });
  });

  it.each(['bash', 'zsh', 'fish'])('comes from a script that %s understands', async (shell) => {
    const { out } = await home.run(['completion', shell]);
    expect(out).toContain('ai-vm complete --');
    // tests/e2e/completion.test.ts has all three of them fill in words.
    if (shell === 'bash') execFileSync('bash', ['-n'], { input: out });
  });

  it('is filled in by bash, with nothing but the script', async () => {
    const { out } = await home.run(['completion', 'bash']);
    const asked = `
ai-vm() { shift 2; echo "$*" >&2; printf 'dev\\tmachine\\ndb\\tmachine\\n:4\\n'; }
compopt() { :; }
COMP_WORDS=(ai-vm up d); COMP_CWORD=2
$(complete -p ai-vm | sed 's/.*-F \\([^ ]*\\).*/\\1/') 2>/dev/null
echo "\${COMPREPLY[@]}"
`;
    expect(execFileSync('bash', ['--norc'], { input: out + asked, encoding: 'utf8' })).toBe('dev db\n');
  });
});
