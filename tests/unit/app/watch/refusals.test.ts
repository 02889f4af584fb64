import { describe, expect, it } from '@jest/globals';
import type { Context } from '../../../../src/app/context.ts';
import { makeRefusals } from '../../../../src/app/watch/refusals.ts';
import type { Refusal } from '../../../../src/model/network.ts';
import type { Observed } from '../../../../src/model/observed.ts';

const context = { project: { machine: (vm: string) => ({ run: vm }) } } as unknown as Context;
const machine = (vm: string, gateway: unknown): Observed =>
  ({ vm, process: { pid: 1 }, sightings: { gateway } }) as unknown as Observed;
const there = (denied: number) => ({ is: 'there', counters: { denied } });

function world() {
  const said: string[] = [];
  let time = 0;
  let refused: readonly Refusal[] = [];
  const tell = ({ vm, message }: { vm?: string; message: string }) => void said.push(`${vm} ${message}`);
  const refusals = makeRefusals(
    { tell },
    // As a real one, it never stands still.
    () => (time += 0.001),
    () => Promise.resolve(refused),
  );
  const see = async (now: readonly Refusal[], seen = [machine('dev', there(1))]): Promise<string[]> => {
    refused = now;
    await refusals.see(context, seen);
    return said.splice(0);
  };
  return { see, later: (ms: number) => (time += ms) };
}

const host = (name: string): Refusal => ({ target: name, add: name });

describe('what a watch says of refusals', () => {
  it('is said once, with what the file would have to say', async () => {
    const { see } = world();
    const port = { target: '10.0.2.2:5432', add: 'allow_host: ["5432"]' };
    expect(await see([host('a.example.org'), port])).toEqual([
      'dev was refused a.example.org; to allow it: network: {egress: [a.example.org]}',
      'dev was refused 10.0.2.2:5432; to allow it: network: {allow_host: ["5432"]}',
    ]);
    expect(await see([host('a.example.org'), port])).toEqual([]);
    expect(await see([host('a.example.org'), host('b.example.org')])).toEqual([
      'dev was refused b.example.org; to allow it: network: {egress: [b.example.org]}',
    ]);
  });

  it('is said again when it was allowed in between', async () => {
    const { see } = world();
    await see([host('a.example.org')]);
    expect(await see([])).toEqual([]);
    expect(await see([host('a.example.org')])).toHaveLength(1);
  });

  it('is no flood', async () => {
    const { see, later } = world();
    const many = Array.from({ length: 40 }, (_, n) => host(`h${n}.example.org`));
    const said = await see(many);
    expect(said).toHaveLength(6);
    expect(said.at(-1)).toBe('dev was refused 35 more: ai-vm network log dev');
    expect(await see([host('new.example.org'), ...many])).toEqual([]);
    later(10 * 60_000);
    expect(await see([host('new.example.org'), ...many])).toHaveLength(1);
  });

  it('is nothing where there is no gateway, or it has refused nothing', async () => {
    const { see } = world();
    const list = [machine('a', null), machine('b', { is: 'gone' }), machine('c', there(0))];
    expect(await see([host('a.example.org')], list)).toEqual([]);
  });
});
