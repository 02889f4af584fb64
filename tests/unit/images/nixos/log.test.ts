import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NixLog, type NixLine } from '../../../../src/images/nixos/log.ts';

const nix = (event: object): string => `@nix ${JSON.stringify(event)}`;
const start = (id: number, type: number, fields: unknown[] = [], text = ''): string =>
  nix({ action: 'start', id, level: 3, parent: 0, type, text, fields });
const progress = (id: number, ...fields: number[]): string => nix({ action: 'result', id, type: 105, fields });
const drv = (name: string): string => `/nix/store/${'a'.repeat(32)}-${name}.drv`;

/** What each line says, in order. */
function read(...lines: string[]): NixLine[] {
  const log = new NixLog();
  return lines.map((line) => log.line(line));
}

const last = (...lines: string[]): NixLine['progress'] =>
  read(...lines)
    .flatMap(({ progress: at }) => at ?? [])
    .at(-1);

describe('NixLog', () => {
  it('tells what is built and how much is left', () => {
    const begun = [start(1, 104), start(2, 103), progress(1, 0, 4, 0, 0), start(3, 105, [drv('hello-2.12'), '', 1, 1])];
    expect(last(...begun)).toEqual({ text: 'building hello-2.12, 0 of 4 built', fraction: 0 });
    const phase = nix({ action: 'result', id: 3, type: 104, fields: ['buildPhase'] });
    expect(last(...begun, phase, progress(1, 1, 4, 1, 0))).toEqual({
      text: 'building hello-2.12 (buildPhase), 1 of 4 built',
      fraction: 0.25,
    });
  });

  it('tells what is fetched, and how many bytes of it', () => {
    const lines = [
      ...[start(1, 104), start(2, 103), progress(2, 3, 10, 1, 0)],
      start(4, 100, [`/nix/store/${'b'.repeat(32)}-glibc-2.40`, 'https://cache.test', 'local']),
      start(5, 101, ['https://cache.test/nar/x.nar.xz']),
      progress(5, 2 * 2 ** 20, 8 * 2 ** 20, 0, 0),
    ];
    expect(last(...lines)).toEqual({
      text: 'fetching x.nar.xz from cache.test, 3 of 10 fetched, 2 of 8 MiB',
      fraction: 0.3,
    });
    // What has been loaded stays loaded.
    const more = [
      nix({ action: 'stop', id: 5 }),
      start(6, 101, ['https://cache.test/nar/y.nar.xz']),
      progress(6, 0, 2 ** 20),
    ];
    expect(last(...lines, ...more)?.text).toContain('2 of 9 MiB');
  });

  it('says that it evaluates as long as nothing is built or fetched', () => {
    expect(last(start(1, 104), progress(1, 0, 0, 0, 0))).toEqual({ text: 'evaluating' });
  });

  it('keeps what builders say, without what steers a terminal', () => {
    const line = nix({ action: 'result', id: 3, type: 101, fields: ['\u001b[31mred\u001b[0m\u0007 text'] });
    expect(read(start(3, 105, [drv('x')]), line)[1]).toEqual({ text: 'x> red text' });
  });

  it('tells errors from other messages, and leaves out what is for those who look into Nix itself', () => {
    const said = (level: number, msg: string): NixLine => read(nix({ action: 'msg', level, msg }))[0]!;
    expect(said(0, '\u001b[31;1merror:\u001b[0m no')).toEqual({ text: 'error: no', error: true });
    expect(said(1, 'warning: old')).toEqual({ text: 'warning: old' });
    expect(said(6, 'evaluating file x')).toEqual({});
    expect(said(0, "(use '--show-trace' to show detailed location information)")).toEqual({});
    expect(read("fatal: transport 'ssh' not allowed")[0]).toEqual({
      text: "fatal: transport 'ssh' not allowed",
      error: true,
    });
  });

  it.each([
    'warning: plain text',
    '@nix {',
    '@nix null',
    '@nix []',
    '@nix {"action":7}',
    '@nix {"action":"result","id":99,"type":105,"fields":[1,2]}',
    '@nix {"action":"start","id":1,"type":105}',
    '@nix {"action":"start","id":"x","type":"y","fields":{"0":1}}',
    '@nix {"action":"msg","level":0}',
    '@nix {"action":"stop"}',
    '@nix {"action":"new-in-nix-9","id":1}',
  ])('makes sense, or nothing, of %j', (line) => {
    expect(() => read(line, start(2, 105, [drv('x')]))).not.toThrow();
  });

  it('comes through anything, and never shows more than all', () => {
    const event = fc.record(
      {
        action: fc.constantFrom('start', 'stop', 'result', 'msg'),
        id: fc.integer({ min: 0, max: 3 }),
        type: fc.integer({ min: 99, max: 112 }),
        level: fc.integer({ min: 0, max: 7 }),
        fields: fc.array(fc.oneof(fc.integer(), fc.string(), fc.constant(null))),
        text: fc.string(),
        msg: fc.string(),
      },
      { requiredKeys: ['action'] },
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        for (const { progress: at } of read(...events.map(nix))) {
          if (at?.fraction === undefined) continue;
          expect(at.fraction).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});
