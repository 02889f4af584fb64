/** An end-to-end scenario: one sandbox, obligations in order, and the proof that nothing is left at its end. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { evidence, uptime } from './evidence.ts';
import { Sandbox, type SandboxOptions } from './sandbox.ts';

/** A guest without acceleration takes its time; what hangs must end all the same. */
const DEFAULT_TIMEOUT_MS = 20 * 60_000;

/** Declares one obligation. Those after a failed one run too: they tell what else is wrong. */
export type Obligation = (name: string, prove: (box: Sandbox) => Promise<void> | void, timeoutMs?: number) => void;

export interface ScenarioOptions extends SandboxOptions {
  /** Host ports that must be free again at the end. */
  readonly ports?: readonly number[];
}

/**
 * Declares a scenario. `options` is asked for when it starts. After the obligations, `ai-vm down` must leave no process,
 * socket, port, mount or runtime file. Logs and plans of a failed scenario stay in tests/artifacts/.
 */
export function scenario(
  title: string,
  options: () => ScenarioOptions | Promise<ScenarioOptions>,
  declare: (obligation: Obligation) => void,
): void {
  describe(title, () => {
    let box: Sandbox | undefined;
    let ports: readonly number[] = [];
    let failed = false;
    let since = 0;
    const opened = (): Sandbox => {
      if (box === undefined) throw new Error('the sandbox could not be opened');
      return box;
    };
    beforeAll(async () => {
      const given = await options();
      ports = given.ports ?? [];
      since = uptime();
      box = new Sandbox(given);
    });
    const obligation: Obligation = (name, prove, timeoutMs = DEFAULT_TIMEOUT_MS) => {
      it(
        name,
        async () => {
          try {
            await prove(opened());
          } catch (error) {
            failed = true;
            if (error instanceof Error && box) {
              const then = ['', 'Then:', ...evidence(box, since)].join('\n  ');
              error.message += then;
              // Where the stack is told, and not the message.
              error.stack = `${error.stack ?? ''}${then}`;
            }
            throw error;
          }
        },
        timeoutMs,
      );
    };
    declare(obligation);
    obligation('leaves nothing behind', async (sandbox) => {
      await sandbox.ok(['down']);
      expect(sandbox.leftovers(ports)).toEqual([]);
    });
    afterAll(async () => {
      await box?.close(failed ? title : undefined);
    }, DEFAULT_TIMEOUT_MS);
  });
}
