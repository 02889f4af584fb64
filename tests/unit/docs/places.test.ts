import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { machinePaths, projectPaths, resolveHostEnv } from '../../../src/host/paths.ts';
import { inlineCode, headings, read, ROOT, section } from './support.ts';

const env = resolveHostEnv({ uid: 1000, home: '/home/ann', tmp: '/tmp', vars: {}, isPrivate: () => true });
const project = projectPaths({ name: 'shop', dir: '/home/ann/shop', location: 'user' }, env);

describe('docs/on-disk.md', () => {
  const text = read('docs/on-disk.md');
  const named = inlineCode(text).map((code) => code.replaceAll('<vm>', 'dev').replace(/\/$/, ''));

  it('names every file of a machine', () => {
    // Of a serial console that is a socket; the console is a file now.
    const { serial: _serial, dir: _dir, run: _run, qmp, recipes, ...files } = machinePaths(project, 'dev');
    const paths = [...Object.values(files), recipes.all, qmp.control, qmp.events, ...qmp.read];
    expect(paths.map((path) => basename(path)).filter((name) => !named.includes(name))).toEqual([]);
  });

  it('names every file of a project, and where they are', () => {
    expect(named).toEqual(expect.arrayContaining([basename(project.projectFile), basename(project.lock)]));
    for (const vars of [{}, { HOME: '/root' }]) {
      const uid = 'HOME' in vars ? 0 : 1000;
      const home = uid === 0 ? '/root' : '/home/ann';
      const host = resolveHostEnv({ uid, home, tmp: '/tmp', vars, isPrivate: () => false });
      const places = [host.dataHome, host.cacheHome].map((path) => path.replace('/home/ann', '~'));
      for (const place of [...places, ...(uid === 0 ? [host.runtimeHome] : [])]) expect(text).toContain(`\`${place}\``);
    }
  });
});

describe('docs/architecture.md', () => {
  it('tells of every room', () => {
    const rooms = readdirSync(join(ROOT, 'src'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `src/${entry.name}`);
    const told = inlineCode(section(read('docs/architecture.md'), 'Rooms')).filter((code) =>
      /^src\/[a-z]+$/.test(code),
    );
    expect(told.sort()).toEqual(rooms.sort());
  });
});

describe('docs/adr', () => {
  const files = readdirSync(join(ROOT, 'docs/adr'))
    .filter((name) => /^\d{4}-/.test(name))
    .sort();
  const index = read('docs/adr/README.md');

  it.each(files.map((file, index) => ({ file, number: index + 1 })))('$file is number $number', ({ file, number }) => {
    const text = read(`docs/adr/${file}`);
    expect(file).toMatch(new RegExp(`^${String(number).padStart(4, '0')}-`));
    const [title, ...rest] = headings(text).map((heading) => heading.text);
    expect(title).toMatch(new RegExp(`^${number}\\. `));
    expect(rest).toEqual(['Why', 'Decision', 'What follows']);
    expect(text).toMatch(/^Status: (accepted|replaced by .+)$/m);
    expect(index).toContain(`${number}. [${title!.replace(/^\d+\. /, '')}](${file})`);
  });
});
