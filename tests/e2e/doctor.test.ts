/** `doctor --fix` on hosts that lack something: what it runs, when, and what it says then. Nothing of this host is changed. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { atTerminal } from '../support/keyboard.ts';
import { parseOutput } from '../support/output.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';
import { pathWithout } from '../support/stand-ins.ts';

/** What is missing: machines boot without it, but no image can be made. */
const LACK = 'cpio';

/** A host without cpio, whose package manager is ours. @returns its PATH, and the file with what was to be installed */
function hostWith(box: Sandbox, name: string, install: string): { readonly PATH: string; readonly asked: string } {
  const dir = join(box.dir, name);
  const asked = join(dir, 'asked');
  pathWithout(dir, new RegExp(`^(${LACK}|apt-get|sudo)$`));
  const program = `#!/bin/sh\nprintf '%s\\n' "$*" >>'${asked}'\n${install}\n`;
  writeFileSync(join(dir, 'apt-get'), program, { mode: 0o755 });
  writeFileSync(join(dir, 'sudo'), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 });
  return { PATH: dir, asked };
}

const works = (box: Sandbox, name: string): string => `ln -s /bin/true '${join(box.dir, name, LACK)}'`;

scenario(
  'a host that lacks something',
  () => ({ files: { 'ai-vm.yaml': 'vms: {dev: {}}\n' } }),
  (obligation) => {
    obligation('is told what the lack costs and what mends it, and nothing is run', async (box) => {
      const { PATH, asked } = hostWith(box, 'told', works(box, 'told'));
      const { code, stdout } = await box.cli(['doctor'], { env: { PATH } });
      expect(code).toBe(69);
      expect(stdout).toMatch(/cpio +not found/);
      expect(stdout).toContain('no initrd can be made');
      expect(stdout).toMatch(/apt-get install --no-install-recommends cpio/);
      expect(existsSync(asked)).toBe(false);
    });

    obligation('is mended without a question after --yes, and looked at again', async (box) => {
      const { PATH, asked } = hostWith(box, 'mended', works(box, 'mended'));
      const { code, stdout, stderr } = await box.cli(['doctor', '--fix', '--yes', '--format', 'json'], {
        env: { PATH },
      });
      expect(readFileSync(asked, 'utf8')).toBe('install --no-install-recommends cpio\n');
      expect(stderr).toMatch(/^\$ (sudo )?apt-get install --no-install-recommends cpio$/m);
      const { checks } = parseOutput('doctor', stdout) as { checks: { name: string; verdict: string }[] };
      expect(checks.find(({ name }) => name === LACK)).toMatchObject({ verdict: 'ok' });
      expect(checks.filter(({ verdict }) => verdict === 'missing')).toEqual([]);
      expect(code).toBe(0);
    });

    obligation('is left alone where nobody can be asked', async (box) => {
      const { PATH, asked } = hostWith(box, 'unasked', works(box, 'unasked'));
      const { code, stderr } = await box.cli(['doctor', '--fix'], { env: { PATH } });
      expect({ code, stderr }).toEqual({ code: 64, stderr: expect.stringContaining('Say --yes.') });
      expect(existsSync(asked)).toBe(false);
    });

    obligation('is told when what should mend it fails, and still lacks it', async (box) => {
      const { PATH, asked } = hostWith(box, 'failing', 'echo "E: no such package"; exit 100');
      const { code, stdout, stderr } = await box.cli(['doctor', '--fix', '--yes'], { env: { PATH } });
      expect(stderr).toContain('E: no such package');
      expect(stderr).toContain('warning: it ended with 100');
      expect(stdout).toMatch(/cpio +not found/);
      expect(code).toBe(69);
      expect(readFileSync(asked, 'utf8').split('\n')).toHaveLength(2);
    });

    obligation('is asked about at a terminal, and a no is one', async (box) => {
      const { PATH, asked } = hostWith(box, 'terminal', works(box, 'terminal'));
      const at = (answer: string): Promise<{ readonly code: number }> =>
        atTerminal(box, ['doctor', '--fix'], [[/Run .*apt-get install.*cpio\?/, answer]], { PATH });
      expect((await at('n\r')).code).toBe(69);
      expect(existsSync(asked)).toBe(false);
      expect((await at('y\r')).code).toBe(0);
      rmSync(asked);
    });
  },
);
