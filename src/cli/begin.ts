/** `ai-vm` alone at a terminal: what is here and what could be done about it; where there is nothing, how to begin. */
import { Command } from 'commander';
import { readAsks } from '../app/approvals.ts';
import { isBegun } from '../app/begun.ts';
import { nextCommands } from '../app/next.ts';
import { ps } from '../app/ps.ts';
import { EXIT } from '../model/errors.ts';
import { renderNext } from '../report/next.ts';
import { renderPs, renderWatch } from '../report/ps.ts';
import { confirm } from './confirm.ts';
import { addGlobals } from './globals.ts';
import type { Io } from './io.ts';
import { reported, session, whereOf } from './session.ts';
import { commandOf, styleOf, widthOf } from './style.ts';

/** @param run carries out a verb, and gives its exit code */
export async function begin(io: Io, run: (argv: readonly string[]) => Promise<number>): Promise<number> {
  const command = addGlobals(new Command('ai-vm'), 'ps');
  const here = { begun: false };
  const looked = await reported(command, io, {}, async (reporting) => {
    here.begun = await isBegun(whereOf(reporting, command, io));
    return EXIT.ok;
  });
  if (looked !== EXIT.ok) return looked;
  return here.begun ? tell(command, io) : start(command, io, run);
}

const tell = (command: Command, io: Io): Promise<number> =>
  session(command, io, async (context, settled) => {
    const { rows, machines, watch } = await ps(context, []);
    await settled();
    const style = styleOf(io);
    const next = renderNext(nextCommands(machines, watch.running !== null), style, commandOf(io));
    const table = `${renderPs(rows, widthOf(io), style)}\n${renderWatch(watch)}`;
    io.stdout.write(`${table}\n${next}\n${commandOf(io)} --help lists all that there is.\n`);
    return EXIT.ok;
  });

async function start(command: Command, io: Io, run: (argv: readonly string[]) => Promise<number>): Promise<number> {
  io.stdout.write('There is no ai-vm.yaml here or above: some questions make one.\n');
  const written = await run(['init']);
  if (written !== EXIT.ok) return written;
  const asked = { pending: 0 };
  const read = await session(command, io, async (context) => {
    asked.pending = (await readAsks(context)).pending.length;
    return EXIT.ok;
  });
  if (read !== EXIT.ok) return read;
  if (asked.pending > 0) {
    const allowed = await run(['approve']);
    if (allowed !== EXIT.ok) return allowed;
  }
  const answer = { yes: false };
  const answered = await reported(command, io, {}, async () => {
    answer.yes = await confirm(io, 'Start it now?', true);
    return EXIT.ok;
  });
  return answered === EXIT.ok && answer.yes ? run(['up']) : answered;
}
