import { listSnapshots, removeSnapshot, restoreSnapshot, saveSnapshot } from '../app/snapshot.ts';
import { up } from '../app/up.ts';
import { EXIT } from '../model/errors.ts';
import { formatAmount } from '../model/units.ts';
import { renderWelcome } from '../report/welcome.ts';
import { confirm } from './confirm.ts';
import { changes } from './exits.ts';
import { addFormat, json } from './format.ts';
import { session } from './session.ts';
import { commandOf, styleOf } from './style.ts';
import type { Verb } from './verbs.ts';

const FORMAT_VERSION = 1;

export const verb: Verb = {
  help: {
    about:
      'A snapshot of a running machine has its memory: shares are unmounted for a moment, open connections are lost when it is restored. One of a stopped machine has its disk.',
    examples: [
      ['ai-vm snapshot save before-upgrade', 'Keep the machine as it is now.'],
      ['ai-vm snapshot ls', 'What is kept, of all machines.'],
      ['ai-vm snapshot restore before-upgrade --yes', 'Go back to it.'],
      ['ai-vm snapshot rm before-upgrade', 'Delete it.'],
    ],
    exits: changes(),
  },
  define(command, io, finish) {
    command
      .command('save <name> [vm]')
      .description('Keep a machine as it is now')
      .action(async (name: string, vm: string | undefined) => {
        finish(
          await session(command, io, async (context, settled) => {
            const saved = await saveSnapshot(context, name, vm);
            await settled();
            io.stdout.write(
              `${saved.vm}  kept as ${name}${saved.memory ? ', with its memory' : ', its disk alone: it does not run'}\n`,
            );
            return EXIT.ok;
          }),
        );
      });
    addFormat(command.command('ls [vm...]').description('Show the snapshots of machines')).action(
      async (vms: string[], options: { format: string }) => {
        finish(
          await session(command, io, async (context, settled) => {
            const rows = await listSnapshots(context, vms);
            await settled();
            if (options.format === 'json') {
              io.stdout.write(json({ version: FORMAT_VERSION, snapshots: rows }));
              return EXIT.ok;
            }
            for (const { vm, name, createdAt, memory, size } of rows) {
              io.stdout.write(`${vm}  ${name}  ${createdAt}  ${memory ? `memory, ${formatAmount(size)}` : 'disk'}\n`);
            }
            if (rows.length === 0) io.stdout.write('There are no snapshots.\n');
            return EXIT.ok;
          }),
        );
      },
    );
    command
      .command('restore <name> [vm]')
      .description('Put a machine back to what it was; what it is now is lost')
      .option('-y, --yes', 'do not ask')
      .action(async (name: string, vm: string | undefined, options: { yes?: boolean }) => {
        finish(
          await session(command, io, async (context, settled) => {
            const restored = await restoreSnapshot(context, name, vm, (which) =>
              options.yes
                ? Promise.resolve(true)
                : confirm(io, `Put ${which} back to ${name} and lose what it is now?`),
            );
            if (!restored) return EXIT.failed;
            if (!restored.memory) {
              await settled();
              io.stdout.write(`${restored.vm}  is as in ${name}; ${commandOf(io)} start ${restored.vm} boots it\n`);
              return EXIT.ok;
            }
            const result = await up(context, { vms: [restored.vm] });
            await settled();
            if (result.ok) io.stdout.write(renderWelcome(result.welcome, styleOf(io), commandOf(io)));
            return result.exitCode;
          }),
        );
      });
    command
      .command('rm <name> [vm]')
      .description('Delete a snapshot')
      .action(async (name: string, vm: string | undefined) => {
        finish(
          await session(command, io, async (context, settled) => {
            const which = await removeSnapshot(context, name, vm);
            await settled();
            io.stdout.write(`${which}  has no snapshot ${name} any more\n`);
            return EXIT.ok;
          }),
        );
      });
  },
};
