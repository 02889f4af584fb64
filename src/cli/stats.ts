import { setTimeout as sleep } from 'node:timers/promises';
import { stats } from '../app/stats.ts';
import { EXIT } from '../model/errors.ts';
import { Painter } from '../report/painter.ts';
import { renderStats } from '../report/stats.ts';
import { reads } from './exits.ts';
import { addFormat } from './format.ts';
import type { Io } from './io.ts';
import { seconds } from './numbers.ts';
import { session, type Work } from './session.ts';
import { styleOf, widthOf } from './style.ts';
import type { Verb } from './verbs.ts';

interface Options {
  readonly format: string;
  readonly stream: boolean;
  readonly interval: number;
}

const show =
  (io: Io, vms: readonly string[], { format, stream, interval }: Options): Work =>
  async (context) => {
    const style = styleOf(io);
    const asJson = format === 'json';
    // On a terminal one table that changes; elsewhere one after the other.
    const screen = {
      write: (text: string) => void io.stdout.write(text),
      columns: () => widthOf(io),
      rows: () => io.stdout.rows,
    };
    const painter = io.stdout.isTTY && stream && !asJson ? new Painter(screen, style.symbols.ellipsis) : null;
    try {
      for await (const machines of stats(context, vms, () => sleep(interval, undefined, { signal: io.signal }))) {
        const time = new Date().toISOString();
        if (asJson) io.stdout.write(`${JSON.stringify({ version: 1, time, machines })}\n`);
        else if (painter) painter.paint(renderStats(machines, widthOf(io) - 1, style).split('\n'));
        else io.stdout.write(`${renderStats(machines, widthOf(io), style)}\n`);
        if (!stream) break;
      }
    } catch (error) {
      // Ctrl-C is how this ends.
      if (!io.signal.aborted) throw error;
    } finally {
      painter?.restore();
    }
    return EXIT.ok;
  };

export const verb: Verb = {
  help: {
    about:
      'CPU is in per cent of one CPU of this host since the sample before. MEMORY is what QEMU holds of this host’s memory, OF what the guest was given. Disk counts since QEMU was started, network since the gateway of the machine has begun, forwarded ports apart: what it has carried, and, where there is room for it, the connections that are OPEN through it and what it has DENIED. Where there is no gateway, the guest tells what it has sent and received since it has booted.\n\nEnds with Ctrl-C. As JSON it is one object a line.',
    examples: [
      ['ai-vm stats', 'A table that changes.'],
      ['ai-vm stats dev --no-stream --format json', 'One sample for a program.'],
    ],
    exits: reads(),
  },
  define(command, io, finish) {
    addFormat(command)
      .argument('[vm...]', 'machines (default: all that run)')
      .option('--no-stream', 'one sample, and no more')
      .option('--interval <seconds>', 'time between samples (default: 1)', seconds, 1000)
      .action(async (vms: string[], options: Options) => {
        finish(await session(command, io, show(io, vms, options), { anywhere: true }));
      });
  },
};
