import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Reason } from '../../../src/model/watch.ts';
import { watchLoop } from '../../../src/watch/loop.ts';
import { CLOCK } from '../../../src/watch/settle.ts';

let dir = '';
let path = '';

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ai-vm-loop-'));
  path = join(dir, 'ai-vm.yaml');
  writeFileSync(path, 'one');
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

interface Play {
  readonly rounds: (readonly Reason[])[];
  readonly want: (reason: Reason) => void;
  readonly died: { now: boolean };
}

/** Runs a loop over one file; each round is played by `round`, which says when the loop is to end. */
async function play(round: (play: Play, end: () => void) => Promise<number> | number): Promise<Play> {
  const end = new AbortController();
  let wanted: (reason: Reason) => void = () => undefined;
  const state: Play = { rounds: [], want: (reason) => wanted(reason), died: { now: false } };
  await watchLoop(
    {
      paths: [path],
      round: async (reasons) => {
        state.rounds.push(reasons);
        const again = await round(state, () => {
          end.abort();
        });
        return { paths: [path], again };
      },
      hasDied: () => Promise.resolve(state.died.now),
    },
    { clock: CLOCK, signal: end.signal, exhausted: () => undefined, ready: (want) => (wanted = want) },
  );
  return state;
}

const kinds = ({ rounds }: Play): string[][] => rounds.map((reasons) => reasons.map(({ kind }) => kind));
const NEVER = 1_000_000;

describe('watchLoop', () => {
  it('begins with a round, has another when the file changes, and ends when it is told to', async () => {
    const played = await play((state, end) => {
      if (state.rounds.length === 1) setTimeout(() => writeFileSync(path, 'two'), 50);
      else end();
      return NEVER;
    });
    expect(kinds(played)).toEqual([['start'], ['files']]);
    expect(played.rounds[1]).toEqual([{ kind: 'files', changes: [{ path, what: 'changed' }] }]);
  });

  it('has one trailing round for all that is asked for during one', async () => {
    const played = await play((state, end) => {
      if (state.rounds.length === 1) {
        state.want({ kind: 'restart' });
        state.want({ kind: 'again' });
      } else end();
      return NEVER;
    });
    expect(kinds(played)).toEqual([['start'], ['restart', 'again']]);
  });

  it('loads a file again that was changed, and changed back, while it was loaded', async () => {
    const played = await play((state, end) => {
      if (state.rounds.length === 1) {
        writeFileSync(path, 'two');
        writeFileSync(path, 'one');
      } else end();
      return NEVER;
    });
    expect(kinds(played)).toEqual([['start'], ['again']]);
  });

  it('tells of a change that came during a round', async () => {
    const played = await play((state, end) => {
      if (state.rounds.length === 1) writeFileSync(path, 'two');
      else end();
      return NEVER;
    });
    expect(kinds(played)[1]).toEqual(['files']);
  });

  it('looks again when the time has come, and when a machine has died', async () => {
    const played = await play((state, end) => {
      state.died.now = state.rounds.length === 2;
      if (state.rounds.length === 3) end();
      return state.rounds.length === 1 ? 10 : NEVER;
    });
    expect(kinds(played)).toEqual([['start'], ['again'], ['again']]);
  });

  it('ends with what a round rejected with: that is a bug', async () => {
    await expect(play(() => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug');
  });
});
