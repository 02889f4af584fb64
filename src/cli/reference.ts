/** All that the command line takes, as data: docs/cli.md and the man page are made from it. */
import type { VerbDoc } from '../report/help.ts';
import { defineVerb } from './describe.ts';
import type { Io } from './io.ts';
import { VERBS } from './verbs.ts';

export interface Entry {
  readonly group: string;
  readonly doc: VerbDoc;
}

/** In the order of the overview. */
export async function reference(): Promise<Entry[]> {
  const nowhere = {} as Io;
  return Promise.all(
    Object.entries(VERBS).map(async ([name, entry]) => {
      const { verb } = await entry.load();
      return { group: entry.group, doc: defineVerb(name, entry, verb, nowhere, () => undefined, []).doc };
    }),
  );
}
