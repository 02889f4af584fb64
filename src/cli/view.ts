import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { screenOf, screenshot, viewerFor, type Screen } from '../app/view.ts';
import { EXIT } from '../model/errors.ts';
import { changes } from './exits.ts';
import type { Io } from './io.ts';
import { session } from './session.ts';
import type { Verb } from './verbs.ts';

/** The viewer outlives this command. */
async function openWith([program, ...args]: readonly string[]): Promise<void> {
  const child = spawn(program!, args, { detached: true, stdio: 'ignore' });
  await once(child, 'spawn');
  child.unref();
}

/** For whoever has no screen here, or no viewer. */
const howTo = ({ vm, socket }: Screen): string =>
  [
    `The screen of ${vm} is served by VNC on a socket that you alone can open:`,
    `  ${socket}`,
    'Here, with TigerVNC (package tigervnc-viewer):',
    `  vncviewer ${socket}`,
    'From another computer, with any viewer, through SSH to this one:',
    `  ssh -L 5901:${socket} USER@THIS-HOST`,
    '  vncviewer localhost:5901',
    '',
  ].join('\n');

async function show(io: Io, screen: Screen): Promise<void> {
  if (screen.window) {
    io.stdout.write(`${screen.vm} has a window of its own on this host's screen.\n`);
    return;
  }
  const viewer = await viewerFor(screen, io.env);
  if (viewer === null) {
    io.stdout.write(howTo(screen));
    return;
  }
  await openWith(viewer);
  io.stdout.write(`opened ${viewer.join(' ')}\n`);
}

export const verb: Verb = {
  help: {
    about:
      'Opens a viewer on the screen of a machine with `desktop: true`, or tells how to, where this host has no screen or no viewer. A machine that was started on a host with a screen, and a QEMU that has windows, has one already.',
    examples: [
      ['ai-vm view', 'Look at the desktop.'],
      ['ai-vm view dev --screenshot dev.png', 'Keep what is on it.'],
    ],
    exits: changes(),
  },
  define(command, io, finish) {
    command
      .argument('[vm]', 'the machine (may be left out when there is one)')
      .option('--screenshot <file>', 'write what is on the screen as PNG, and open nothing; -: to stdout')
      .action(async (vm: string | undefined, options: { readonly screenshot?: string }) => {
        finish(
          await session(
            command,
            io,
            async (context, settled) => {
              const screen = await screenOf(context, vm);
              if (options.screenshot === undefined) {
                await settled();
                await show(io, screen);
                return EXIT.ok;
              }
              const picture = await screenshot(screen);
              await settled();
              if (options.screenshot === '-') io.stdout.write(picture);
              else await writeFile(resolve(io.cwd, options.screenshot), picture);
              return EXIT.ok;
            },
            { anywhere: true },
          ),
        );
      });
  },
};
