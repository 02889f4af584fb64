/** What a guest does to install packages, under the shell, with programs in the place of apt and dpkg. */
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { installScript, takeBackScript } from '../../../src/guest/package-scripts.ts';
import { pathWith } from '../../support/stand-ins.ts';

let dir: string;
const at = (...names: string[]): string => join(dir, ...names);

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ai-vm-packages-'));
  await Promise.all(['there', 'half', 'lists', 'apt', 'run', 'marks'].map((name) => mkdir(at(name))));
  await writeFile(at('log'), '');
  await writeFile(at('known'), 'jq tree g++');
});
afterEach(() => rm(dir, { recursive: true }));

/** A package is a file: in `there` when all of it is, in `half` otherwise. What can be had stands in `known`, once there are lists. */
const PROGRAMS = {
  flock: 'exit 0',
  'dpkg-query': `for name; do :; done
[ -e "$DIR/there/$name" ] && printf installed && exit 0
[ -e "$DIR/half/$name" ] && printf half-installed && exit 0
exit 1`,
  dpkg: `echo "dpkg $*" >>"$DIR/log"
for name; do :; done
case $1 in --purge) [ ! -e "$DIR/needed/$name" ] || { echo "dpkg: dependency problems"; exit 1; }; rm -f "$DIR/there/$name" "$DIR/half/$name" ;; esac`,
  'apt-get': `echo "apt-get $DEBIAN_FRONTEND $*" >>"$DIR/log"
case $* in *update)
  [ ! -e "$DIR/offline" ] || { echo 'W: Failed to fetch http://deb.example/InRelease  Could not resolve'; exit 0; }
  : >"$DIR/lists/x_Packages"; exit 0 ;;
esac
while [ "$1" != -- ]; do shift; done
shift
for name; do
  [ -e "$DIR/lists/x_Packages" ] && case " $(cat "$DIR/known") " in *" $name "*) continue ;; esac
  echo 'Reading package lists...'; echo "E: Unable to locate package $name"; exit 100
done
for name; do rm -f "$DIR/half/$name"; : >"$DIR/there/$name"; done`,
};

async function run(script: string) {
  const text = script
    .replaceAll('/var/lib/ai-vm/packages', at('marks'))
    .replaceAll('/var/lib/apt/lists', at('lists'))
    .replaceAll('/etc/apt', at('apt'))
    .replaceAll('/run/ai-vm', at('run'));
  await writeFile(at('log'), '');
  const { exitCode, stdout } = await execa('/bin/sh', ['-s'], {
    ...{ input: text, reject: false, extendEnv: false, cwd: dir },
    env: { PATH: pathWith(at('bin'), PROGRAMS), DIR: dir },
  });
  const log = (await readFile(at('log'), 'utf8')).split('\n').filter((line) => line.startsWith('apt-get'));
  const asked = log.map((line) => (line.endsWith(' update') ? 'update' : line.replace(/^.* install -- /, '')));
  return { code: exitCode, said: stdout, asked, log, there: (await readdir(at('there'))).sort() };
}

describe('installing a package', () => {
  it('fetches lists where there are none, asks nobody, brings others along and takes nothing away', async () => {
    const { code, asked, log, there } = await run(installScript('jq', ['tree', 'g++']));
    expect({ code, asked, there }).toEqual({ code: 0, asked: ['update', 'jq tree g++'], there: ['g++', 'jq', 'tree'] });
    expect(log.at(-1)).toMatch(/^apt-get noninteractive .*--no-install-recommends --no-remove/);
    expect((await run(installScript('tree', ['g++', 'jq']))).asked).toEqual([]);
  });

  it('is done where another one cannot be had, and says why that is', async () => {
    expect(await run(installScript('jq', ['nosuch']))).toMatchObject({ code: 0, there: ['jq'] });
    expect(await run(installScript('nosuch', ['tree']))).toMatchObject({
      ...{ code: 1, said: 'E: Unable to locate package nosuch', there: ['jq'] },
    });
  });

  it('fetches lists anew where something cannot be had by old ones, and only then', async () => {
    await writeFile(at('lists', 'x_Packages'), '');
    expect((await run(installScript('jq', []))).asked).toEqual(['jq']);
    expect((await run(installScript('nosuch', []))).asked).toEqual(['nosuch', 'update', 'nosuch']);
    const soon = new Date(Date.now() + 5000);
    await utimes(at('run', 'packages.lists'), soon, soon);
    expect((await run(installScript('nosuch', []))).asked).toEqual(['nosuch']);
    const later = new Date(Date.now() + 9000);
    await utimes(at('apt'), later, later);
    expect((await run(installScript('nosuch', []))).asked).toEqual(['nosuch', 'update', 'nosuch']);
  });

  it('says that the lists could not be had, and asks for them again the next time', async () => {
    await writeFile(at('offline'), '');
    const { code, said, asked } = await run(installScript('jq', []));
    expect({ code, asked }).toEqual({ code: 1, asked: ['update', 'jq'] });
    expect(said).toBe(
      'W: Failed to fetch http://deb.example/InRelease  Could not resolve\nE: Unable to locate package jq',
    );
    await rm(at('offline'));
    expect(await run(installScript('jq', []))).toMatchObject({ code: 0, there: ['jq'] });
  });

  it('ends what was cut off before', async () => {
    await writeFile(at('half', 'jq'), '');
    await run(installScript('jq', []));
    expect(await readdir(at('half'))).toEqual([]);
  });
});

describe('taking packages back', () => {
  it('takes what was begun to be installed and is not wanted, whole or half, and nothing else', async () => {
    await run(installScript('jq', ['tree', 'g++']));
    await writeFile(at('there', 'own'), '');
    await rm(at('there', 'tree'));
    await writeFile(at('half', 'tree'), '');
    expect(await run(takeBackScript(['g++', 'own']))).toMatchObject({ code: 0, there: ['g++', 'own'] });
    expect([await readdir(at('half')), await readdir(at('marks'))]).toEqual([[], ['g++']]);
    expect((await run(takeBackScript([]))).there).toEqual(['own']);
    expect((await run(takeBackScript([]))).code).toBe(0);
  });

  it('leaves one that something else needs by now, if it is whole', async () => {
    await run(installScript('jq', []));
    await mkdir(at('needed'));
    await writeFile(at('needed', 'jq'), '');
    expect(await run(takeBackScript([]))).toMatchObject({ code: 0, there: ['jq'] });
    expect(await readdir(at('marks'))).toEqual([]);
    await writeFile(at('needed', 'tree'), '');
    await writeFile(at('half', 'tree'), '');
    await writeFile(at('marks', 'tree'), '');
    expect(await run(takeBackScript([]))).toMatchObject({ code: 1, said: 'dpkg: dependency problems' });
    expect(await readdir(at('marks'))).toEqual(['tree']);
  });
});
