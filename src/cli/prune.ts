import { prunable, pruneItem, type PruneItem } from '../app/prune.ts';
import { EXIT } from '../model/errors.ts';
import { formatAmount } from '../model/units.ts';
import { renderPrune } from '../report/images.ts';
import { confirm } from './confirm.ts';
import { changes } from './exits.ts';
import { addFormat, json } from './format.ts';
import { reported, whereOf } from './session.ts';
import { styleOf, widthOf } from './style.ts';
import type { Verb } from './verbs.ts';

interface Options {
  readonly format: string;
  readonly images?: boolean;
  readonly cache?: boolean;
  readonly orphans?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

const sum = (items: readonly PruneItem[]): number => items.reduce((total, { size }) => total + size, 0);

export const verb: Verb = {
  help: {
    about:
      'Shows what takes space and nobody needs, with sizes, and asks before it removes anything: images that no disk stands on, with their templates, builds that were interrupted, and downloads. What is pruned is built or downloaded again when it is needed.\n\nOnly --orphans deletes machines: those of projects whose directory is gone, with their disks.',
    examples: [
      ['ai-vm prune --dry-run', 'Only show it.'],
      ['ai-vm prune', 'Show it, ask, and remove unused images and downloads.'],
      ['ai-vm prune --orphans', 'Delete what is left of projects whose directory is gone.'],
    ],
    exits: changes('it is removed, or there was nothing'),
  },
  define(command, io, finish) {
    addFormat(command)
      .option('--images', 'images without users, and builds that were interrupted')
      .option('--cache', 'downloads and build logs')
      .option('--orphans', 'machines of projects whose directory is gone, with their disks')
      .option('--dry-run', 'show what would go, and remove nothing')
      .option('-y, --yes', 'do not ask')
      .action(async (options: Options) => {
        finish(
          await reported(command, io, {}, async ({ emit, settled, ...reporting }) => {
            const named = [options.images, options.cache, options.orphans].includes(true);
            const { items, kept } = await prunable({
              images: options.images ?? !named,
              sharedImages: options.images ?? false,
              cache: options.cache ?? !named,
              orphans: options.orphans ?? false,
            });
            for (const what of kept) emit({ type: 'warning', message: `left alone: ${what}` });
            const asJson = options.format === 'json';
            const print = (removed: ReadonlySet<PruneItem>): void => {
              if (!asJson) return;
              const list = items.map((item) => ({ ...item, removed: removed.has(item) }));
              io.stdout.write(json({ version: 1, items: list, freed: sum([...removed]) }));
            };
            await settled();
            if (items.length === 0 && !asJson) io.stdout.write('There is nothing to prune.\n');
            else if (!asJson) io.stdout.write(renderPrune(items, widthOf(io), styleOf(io)));
            if (items.length === 0 || options.dryRun) {
              print(new Set());
              return EXIT.ok;
            }
            if (!options.yes && !(await confirm(io, `Remove ${formatAmount(sum(items))}?`))) return EXIT.failed;
            const removed = new Set<PruneItem>();
            const where = whereOf({ ...reporting, emit: () => undefined }, command, io);
            for (const item of items) if (await pruneItem(item, where)) removed.add(item);
            print(removed);
            if (!asJson) io.stdout.write(`${formatAmount(sum([...removed]))} freed.\n`);
            return removed.size === items.length ? EXIT.ok : EXIT.failed;
          }),
        );
      });
  },
};
