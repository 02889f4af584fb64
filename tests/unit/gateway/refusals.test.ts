import { describe, expect, it } from '@jest/globals';
import { Journal } from '../../../src/gateway/journal.ts';
import { RecentRefusals } from '../../../src/gateway/refusals.ts';

describe('what was refused lately', () => {
  it('is kept once each, the latest last, and bounded', () => {
    const refusals = new RecentRefusals();
    for (let n = 0; n < 1000; n += 1) refusals.note({ target: `h${n}`, add: `h${n}` });
    refusals.note({ target: 'h990', add: 'h990' });
    expect(refusals.list).toHaveLength(64);
    expect(refusals.list.at(-1)).toEqual({ target: 'h990', add: 'h990' });
    refusals.clear();
    expect(refusals.list).toEqual([]);
  });

  it('is what the file could allow, also when the log is full', () => {
    const journal = new Journal(
      () => undefined,
      () => new Date(0),
    );
    const note = { protocol: 'tcp', address: '44.0.0.2', reason: '' } as const;
    journal.note({ ...note, verdict: 'denied', name: null, port: 123, add: null });
    journal.note({ ...note, verdict: 'allowed', name: 'a.example.org', port: 80, add: null });
    for (let port = 1; port <= 300; port += 1)
      journal.note({ ...note, verdict: 'denied', name: null, port, add: `44.0.0.2:${port}` });
    journal.note({
      ...note,
      verdict: 'denied',
      protocol: 'dns',
      name: 'b.example.org',
      address: null,
      port: null,
      add: 'b.example.org',
    });
    expect(journal.refusals.list).toHaveLength(64);
    expect(journal.refusals.list.slice(-2)).toEqual([
      { target: '44.0.0.2:300', add: '44.0.0.2:300' },
      { target: 'b.example.org', add: 'b.example.org' },
    ]);
  });
});
