import { join } from 'node:path';
import { expect, it } from '@jest/globals';

const { interrupt, timed } = (await import(join(import.meta.dirname, '../../../bench/lib/measure.mjs'))) as {
  interrupt(): Promise<void>;
  timed(argv: string[]): Promise<unknown>;
};

it('ends what runs with its children, and starts nothing more', async () => {
  const slow = timed(['sh', '-c', 'sleep 60; echo over']);
  const outcome = expect(slow).rejects.toThrow('ended with');
  await interrupt();
  await outcome;
  await expect(timed(['true'])).rejects.toThrow('interrupted');
});
