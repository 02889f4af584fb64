/** Programs that end with who started them, also when that is killed before they have begun. */
import { execa } from 'execa';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { boundToUs } from '../../../src/host/bound.ts';
import { until } from '../../support/guest.ts';
import { processesOf } from '../../support/leftovers.ts';

let dir = '';
beforeAll(() => {
  dir = realpathSync(mkdtempSync('/tmp/ai-vm-bound-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A process that runs `sleep 300` in `dir`, bound to itself; `before` happens before anything of it is bound. */
function parent(before = '') {
  const setpriv = `#!/bin/sh\n${before}\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\nexec setpriv "$@"\n`;
  writeFileSync(join(dir, 'setpriv'), setpriv, { mode: 0o755 });
  const argv = boundToUs(['sleep', '300'], 'TERM').map((word) => (word === String(process.pid) ? 'PARENT' : word));
  const program = `
    const [program, ...args] = ${JSON.stringify(argv)}.map((word) => (word === 'PARENT' ? String(process.pid) : word));
    require('node:child_process').spawn(program, args, { stdio: 'ignore' });
    setInterval(() => {}, 1000);`;
  const env = { PATH: `${dir}:${process.env['PATH'] ?? ''}` };
  return execa(process.execPath, ['-e', program], { cwd: dir, env, reject: false, stdio: 'ignore' });
}

const here = (text: string): (() => Promise<true | null>) => {
  return () => Promise.resolve(processesOf([dir]).some(({ cmdline }) => cmdline.includes(text)) || null);
};
const nothing = (): Promise<true | null> => Promise.resolve(processesOf([dir]).length === 0 || null);

describe('boundToUs', () => {
  it('runs the program, and ends it when its parent is killed', async () => {
    const running = parent();
    await until('the program', here('sleep 300'), 30_000);
    running.kill('SIGKILL');
    await running;
    await until('no program', nothing, 10_000);
  });

  it('runs nothing when its parent was killed before it began', async () => {
    const running = parent('sleep 2');
    await until('its beginning', here(join(dir, 'setpriv')), 30_000);
    running.kill('SIGKILL');
    await running;
    expect(await nothing()).toBeNull();
    await until('no program', nothing, 10_000);
  });
});
