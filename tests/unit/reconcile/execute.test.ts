import { describe, expect, it } from '@jest/globals';
import { AiVmError } from '../../../src/model/errors.ts';
import type { Event } from '../../../src/model/events.ts';
import type { Plan, Step, StepKind } from '../../../src/model/plan.ts';
import { execute, type Handlers } from '../../../src/reconcile/execute.ts';

const step = (id: string, needs: string[] = []): Step => {
  const [kind, vm] = id.split(':') as [StepKind, string];
  return { id, kind, vm, needs, title: `${kind} ${vm}` };
};

const plan = (...steps: Step[]): Plan => ({ formatVersion: 1, project: 'p', vms: [], steps });

function harness(handler: (s: Step) => Promise<void> | void) {
  const events: Event[] = [];
  const ran: string[] = [];
  const one = async (s: Step): Promise<void> => {
    ran.push(s.id);
    await handler(s);
  };
  const kinds: StepKind[] = ['image', 'create', 'delete', 'start', 'ready', 'provision', 'health', 'stop'];
  const handlers = Object.fromEntries(kinds.map((kind) => [kind, one])) as unknown as Handlers;
  let now = 0;
  const run = (p: Plan, signal = new AbortController().signal) =>
    execute(
      p,
      handlers,
      (e) => events.push(e),
      signal,
      () => now++,
    );
  return { events, ran, run };
}

describe('execute', () => {
  it('runs a step only after what it needs, and machines side by side', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const { ran, run } = harness((s) => (s.id === 'start:a' ? gate : undefined));
    const running = run(
      plan(step('start:a'), step('ready:a', ['start:a']), step('start:b'), step('ready:b', ['start:b'])),
    );
    // b gets through while a hangs.
    while (!ran.includes('ready:b')) await Promise.resolve();
    expect(ran).not.toContain('ready:a');
    release();
    expect([...(await running).done].sort()).toEqual(['ready:a', 'ready:b', 'start:a', 'start:b']);
  });

  it('skips everything behind a failed step, and nothing else', async () => {
    const { ran, run, events } = harness((s) => {
      if (s.id === 'start:a') throw new AiVmError('qemu.died', 'gone');
    });
    const outcome = await run(
      plan(
        step('start:a'),
        step('ready:a', ['start:a']),
        step('health:a', ['ready:a']),
        step('start:b'),
        step('ready:b', ['start:b']),
      ),
    );
    expect(ran).toEqual(['start:a', 'start:b', 'ready:b']);
    expect(outcome.skipped).toEqual(['ready:a', 'health:a']);
    expect(outcome.failed.get('start:a')?.code).toBe('qemu.died');
    expect(events.filter((e) => e.type === 'step-skipped')).toHaveLength(2);
  });

  it('calls what is not one of our errors a bug of ours', async () => {
    const { run } = harness(() => {
      throw new TypeError('x is undefined');
    });
    expect((await run(plan(step('start:a')))).failed.get('start:a')).toMatchObject({
      code: 'internal',
      message: 'x is undefined',
    });
  });

  it('starts nothing more once it is interrupted, and reports the running step as interrupted', async () => {
    const controller = new AbortController();
    const { ran, run } = harness(() => {
      controller.abort();
      throw new Error('killed');
    });
    const outcome = await run(
      plan(step('start:a'), step('ready:a', ['start:a']), step('start:b', ['start:a'])),
      controller.signal,
    );
    expect(ran).toEqual(['start:a']);
    expect(outcome.failed.get('start:a')?.code).toBe('interrupted');
    expect(outcome.skipped).toEqual(['ready:a', 'start:b']);
  });
});
