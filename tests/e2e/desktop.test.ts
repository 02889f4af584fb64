/** `desktop`: a screen of the declared size with somebody's desktop on it, of which `ai-vm view` takes a picture. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { inGuest, machine, until } from '../support/guest.ts';
import { readPng, type Picture } from '../support/png.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';

const file = (desktop: string): string => `
name: desk
vms:
  dev:
    image: debian
    cpus: 2
    memory: 1GiB
    storage: 8GiB
    desktop: ${desktop}
`;

const FILE = file('{resolution: 1024x768}');

/** Xfce alone on the screen takes its time where a guest is emulated. */
const DRAWN = 15 * 60_000;

async function look(box: Sandbox): Promise<Picture> {
  const { code, stderr } = await box.cli(['view', 'dev', '--screenshot', 'shot.png']);
  if (code !== 0) throw new Error(stderr);
  return readPng(readFileSync(join(box.project, 'shot.png')));
}

/** A text console has a few colours, a desktop with its picture and icons hundreds. */
const isDesktop = ({ colours }: Picture): boolean => colours.size > 200;

scenario(
  'a machine with a desktop',
  () => ({ files: { 'ai-vm.yaml': FILE } }),
  (obligation) => {
    obligation('has a screen of the declared size, with the desktop of its user on it', async (box) => {
      const said = await box.ok(['up']);
      expect(said).toContain('ai-vm view dev');
      expect((await machine(box)).problem).toBeNull();
      const picture = await until(
        'a desktop on the screen',
        async () => {
          const seen = await look(box);
          return isDesktop(seen) ? seen : null;
        },
        DRAWN,
      );
      expect([picture.width, picture.height]).toEqual([1024, 768]);
      expect(await inGuest(box, 'pgrep -u "$(id -u)" -x xfwm4 >/dev/null && echo mine')).toBe('mine\n');
    });

    obligation('is seen by a viewer on a socket that nobody else can reach, and on no port', async (box) => {
      const told = await box.ok(['view'], { env: { DISPLAY: '', WAYLAND_DISPLAY: '' } });
      const socket = /^ {2}(\/\S+\/vnc\.sock)$/mu.exec(told)?.[1] ?? '';
      expect(statSync(socket).isSocket()).toBe(true);
      expect(statSync(join(socket, '..')).mode & 0o077).toBe(0);
      const { pid } = await machine(box);
      const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      expect(argv[argv.indexOf('-vnc') + 1]).toBe(`unix:${socket}`);
    });

    obligation('has what is typed and pointed at through the host’s devices', async (box) => {
      const names = await inGuest(box, 'cat /sys/class/input/event*/device/name');
      expect(names).toContain('QEMU Virtio Keyboard');
      expect(names).toContain('QEMU Virtio Tablet');
    });

    obligation('waits for a restart with another size, and for a new disk without one', async (box) => {
      const pending = async (desktop: string): Promise<unknown> => {
        box.write('ai-vm.yaml', file(desktop));
        return ((await machine(box)) as unknown as { pending: unknown }).pending;
      };
      expect(await pending('{resolution: 800x600}')).toMatchObject([
        { field: 'desktop', class: 'reboot', before: '1024x768', after: '800x600' },
      ]);
      expect(await pending('false')).toMatchObject([
        { field: 'desktop', class: 'recreate', before: 'in the image', after: 'none' },
      ]);
      box.write('ai-vm.yaml', FILE);
    });

    obligation('has no picture when it does not run', async (box) => {
      await box.ok(['stop']);
      const { code, stderr } = await box.cli(['view', '--screenshot', '-']);
      expect([code, stderr]).toEqual([1, expect.stringContaining('dev is stopped')]);
    });
  },
);
