/** A watch that runs, and what it tells. */
import { begin, type Running } from './cli.ts';
import { until } from './guest.ts';
import type { Sandbox } from './sandbox.ts';

export interface Told {
  readonly type: string;
  readonly kind?: string;
  readonly vm?: string;
  readonly message?: string;
}

export class Watching {
  readonly running: Running;

  constructor(box: Sandbox, env: Readonly<Record<string, string>> = {}) {
    this.running = begin(['watch', '--progress', 'json'], {
      cwd: box.project,
      as: box.user,
      env: { ...box.env, ...env },
    });
  }

  /** What it has told of this kind so far. */
  of(kind: string): Told[] {
    return this.running
      .printed()
      .stderr.split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Told)
      .filter((event) => event.kind === kind);
  }

  /** Does something, and waits until one more thing of this kind is told. */
  async after(kind: string, act: () => unknown, limitMs?: number): Promise<Told> {
    const before = this.of(kind).length;
    await act();
    const ended = this.running.ended.then(({ code }): never => {
      throw new Error(`the watch has ended with ${code}: ${this.running.printed().stderr}`);
    });
    ended.catch(() => undefined);
    return Promise.race([
      ended,
      until(`one more ${kind}`, () => Promise.resolve(this.of(kind)[before] ?? null), limitMs),
    ]);
  }
}
