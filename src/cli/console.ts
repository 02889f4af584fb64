import { openConsole, type Console } from '../app/console.ts';
import { EXIT } from '../model/errors.ts';
import { reads } from './exits.ts';
import type { Io } from './io.ts';
import { session } from './session.ts';
import type { Verb } from './verbs.ts';

/** Ctrl-], as in telnet and virsh. */
const ESCAPE = 0x1d;

/** Keys go to the guest as they are, Ctrl-C too, until the escape key or the end of either side. */
function attach({ stdin, stdout, signal }: Io, { socket }: Console): Promise<'left' | 'ended'> {
  return new Promise((resolve) => {
    const typed = (bytes: Buffer): void => {
      const end = stdin.isTTY ? bytes.indexOf(ESCAPE) : -1;
      socket.write(end < 0 ? bytes : bytes.subarray(0, end));
      if (end >= 0) done('left');
    };
    // What a pipe has said is over; what it caused may still come.
    const closed = (): void => void socket.end();
    const abort = (): void => done('left');
    const done = (how: 'left' | 'ended'): void => {
      stdin.off('data', typed).off('end', closed);
      signal.removeEventListener('abort', abort);
      if (stdin.isTTY) stdin.setRawMode(false);
      stdin.pause();
      socket.destroy();
      resolve(how);
    };
    if (stdin.isTTY) stdin.setRawMode(true);
    stdin.on('data', typed).once('end', closed);
    stdin.resume();
    signal.addEventListener('abort', abort, { once: true });
    // To the terminal as it is: it is a terminal's session, as with ssh.
    socket.on('data', (bytes: Buffer) => stdout.write(bytes));
    socket.once('close', () => done('ended'));
    socket.on('error', () => undefined);
  });
}

export const verb: Verb = {
  help: {
    about:
      'Connects this terminal to the serial port of a machine, to see it boot or to answer its kernel when SSH does not. Ctrl-] leaves it, and the machine runs on. Guests have no passwords and no login on the console: ai-vm ssh is the way in.\n\nWhat the guest writes reaches the terminal as it is. One at a time; ai-vm logs -f only watches, and shows control characters harmlessly.',
    examples: [['ai-vm console dev', 'Until Ctrl-].']],
    exits: reads('it was left, or the machine has ended'),
  },
  define(command, io, finish) {
    command
      .argument('[vm]', 'the machine (may be left out when there is one)')
      .action(async (vm: string | undefined) => {
        finish(
          await session(
            command,
            io,
            async (context) => {
              const console = await openConsole(context, vm);
              const key = io.stdin.isTTY ? '; Ctrl-] leaves it' : '';
              context.emit({
                type: 'info',
                vm: console.vm,
                message: `the console of ${console.vm}, which has no login${key}`,
              });
              const how = await attach(io, console);
              if (how === 'ended') context.emit({ type: 'info', message: `${console.vm} has closed its console` });
              return EXIT.ok;
            },
            { anywhere: true },
          ),
        );
      });
  },
};
