import { describe, expect, it } from '@jest/globals';
import { Board } from '../../../src/report/board.ts';
import { makeStyle } from '../../../src/report/style.ts';
import { step } from '../../support/events.ts';

const steps = [step('start', 'dev'), step('ready', 'dev', ['start:dev']), step('start', 'db')] as const;
const [startDev, readyDev, startDb] = steps;

function setUp(unicode = true): { board: Board; clock: { ms: number }; show: () => Promise<string[]> } {
  const clock = { ms: 0 };
  const board = new Board(makeStyle(false, unicode), () => clock.ms);
  // listr2 takes up a task in a few turns of the queue of microtasks.
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    board,
    clock,
    show: async () => {
      await settle();
      return board.lines(false);
    },
  };
}

describe('Board', () => {
  it('shows what waits, what runs and for how long, and what is done', async () => {
    const { board, clock, show } = setUp();
    board.add([startDev, readyDev]);
    expect(await show()).toEqual(['· start dev', '· ready dev']);
    board.begin(startDev);
    clock.ms = 3400;
    board.progress(startDev, 'opening\nshares', 0.5);
    expect(await show()).toEqual(['⠋ start dev  3 s  50 % opening shares', '· ready dev']);
    board.done(startDev, 3500);
    board.begin(readyDev);
    expect(await show()).toEqual(['✔ start dev  3.5 s', '⠋ ready dev  0 s']);
    board.done(readyDev, 10);
    await board.close();
    expect(board.lines(false)).toEqual(['✔ start dev  3.5 s', '✔ ready dev  10 ms']);
  });

  it('groups by machine, and folds a machine that is done', async () => {
    const { board, clock, show } = setUp();
    board.add(steps);
    board.begin(startDev);
    board.begin(startDb);
    expect(await show()).toEqual(['› dev', '  ⠋ start dev  0 s', '  · ready dev', '› db', '  ⠋ start db  0 s']);
    clock.ms = 2000;
    board.done(startDb, 2000);
    expect(await show()).toEqual(['› dev', '  ⠋ start dev  2 s', '  · ready dev', '✔ db  2.0 s']);
    board.done(startDev, 2000);
    board.begin(readyDev);
    clock.ms = 5000;
    board.done(readyDev, 3000);
    await board.close();
    expect(board.lines(false)).toEqual(['✔ dev  5.0 s', '✔ db  2.0 s']);
  });

  it('keeps the failed one in sight, with why, and goes on with the others', async () => {
    const { board, show } = setUp();
    board.add(steps);
    board.begin(startDev);
    board.failed(startDev, 'QEMU died');
    board.skipped(readyDev, 'start dev failed');
    board.begin(startDb);
    expect(await show()).toEqual([
      '✖ dev  0 ms',
      '  ✖ start dev',
      '    › QEMU died',
      '  ↓ ready dev  start dev failed',
      '› db',
      '  ⠋ start db  0 s',
    ]);
    board.done(startDb, 1);
    await board.close();
    expect(board.lines(false).at(-1)).toBe('✔ db  0 ms');
  });

  it('takes steps that no plan announced', async () => {
    const { board, show } = setUp();
    board.begin(startDev);
    board.done(startDev, 5);
    board.begin(startDb);
    expect(await show()).toEqual(['✔ start dev  5 ms', '⠋ start db  0 s']);
    board.done(startDb, 5);
    await board.close();
  });

  it('ends what was left open', async () => {
    const { board } = setUp();
    board.add([startDev, readyDev]);
    board.begin(startDev);
    await board.close();
    expect(board.lines(false)).toEqual(['✖ start dev', '  › interrupted', '↓ ready dev  not run']);
  });

  it('does in ASCII what the locale cannot show', async () => {
    const { board, show } = setUp(false);
    board.add(steps);
    board.begin(startDev);
    board.done(startDev, 1);
    board.begin(readyDev);
    board.failed(startDb, 'no');
    const text = (await show()).join('\n');
    expect(text).toMatch(/^[\n -~]+$/u);
    expect(text).toContain('+ start dev');
    await board.close();
  });

  it('lets no control character through', async () => {
    const { board, show } = setUp();
    const evil = { ...startDev, title: 'start \u001b[2J' };
    board.begin(evil);
    board.progress(evil, '\u001b]0;owned\u0007');
    expect((await show()).join('')).not.toMatch(/\p{Cc}/u);
    board.failed(evil, '\u009b2J');
    expect((await show()).join('')).not.toMatch(/\p{Cc}/u);
    await board.close();
  });
});
