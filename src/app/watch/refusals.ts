/** What gateways have refused, as a watch tells it: each once, with what to add to the file, and never a flood. */
import { askGateway } from '../../host/gateway.ts';
import { allowText, type Refusal } from '../../model/network.ts';
import type { Observed } from '../../model/observed.ts';
import type { Context } from '../context.ts';
import type { Teller } from './tell.ts';

export interface Refusals {
  readonly see: (context: Context, seen: readonly Observed[]) => Promise<void>;
}

/** Lines of one machine in one round; the rest is counted. */
const MOST = 5;
/** After more than these, nothing is said of that machine for so long (milliseconds): its guest may make up names for ever. */
const QUIET = 10 * 60_000;

/** What the machine's gateway has refused lately. */
export type AskRefusals = (run: string) => Promise<readonly Refusal[]>;

const ask: AskRefusals = async (run) => (await askGateway(run, { do: 'refusals' }))?.refusals ?? [];

/** @param now milliseconds from any origin */
export function makeRefusals(teller: Pick<Teller, 'tell'>, now: () => number, asked: AskRefusals = ask): Refusals {
  /** Machine → what was told of it and is still so. */
  const told = new Map<string, ReadonlySet<string>>();
  const quietUntil = new Map<string, number>();
  return {
    async see({ project }, seen) {
      for (const { vm, process, sightings } of seen) {
        const { gateway } = sightings;
        if (process === null || gateway?.is !== 'there' || gateway.counters.denied === 0) {
          told.delete(vm);
          continue;
        }
        if (now() < (quietUntil.get(vm) ?? Number.NEGATIVE_INFINITY)) continue;
        const before = told.get(vm) ?? new Set<string>();
        const refused = await asked(project.machine(vm).run);
        told.set(vm, new Set(refused.map(({ add }) => add)));
        const news = refused.filter(({ add }) => !before.has(add));
        for (const { target, add } of news.slice(0, MOST))
          teller.tell({ kind: 'note', vm, message: `was refused ${target}; to allow it: ${allowText(add)}` });
        if (news.length > MOST) {
          const message = `was refused ${news.length - MOST} more: ai-vm network log ${vm}`;
          teller.tell({ kind: 'note', vm, message });
          quietUntil.set(vm, now() + QUIET);
        }
      }
    },
  };
}
