/** Machines that hand ports of the host over to each other: whatever goes to whom, nobody takes what another one still has. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { PortConfig, VmConfig } from '../../src/model/desired.ts';
import { sidesOverlap, type HostSide } from '../../src/model/host-side.ts';
import type { Observed } from '../../src/model/observed.ts';
import type { Plan, Step } from '../../src/model/plan.ts';
import { planUp } from '../../src/reconcile/plan.ts';
import { RESOURCES } from '../../src/resources/index.ts';
import { absent, applied, running, vmConfig } from '../fixtures/machines.ts';

const NAMES = ['a', 'b', 'c', 'd'];
const HOSTS = [8001, 8002, 8003, 8004];

/** Who has which port: each is one machine's, or nobody's, as the check of the file demands. */
const owners = fc.tuple(
  ...HOSTS.map(() =>
    fc.record({
      owner: fc.option(fc.constantFrom(...NAMES)),
      bind: fc.constantFrom('127.0.0.1', '0.0.0.0'),
      guest: fc.constantFrom(80, 443),
      ssh: fc.boolean(),
    }),
  ),
);
type Owners = typeof owners extends fc.Arbitrary<infer T> ? T : never;

interface Left {
  readonly vm: string;
  readonly state: 'running' | 'starting' | 'stopped' | 'absent';
  readonly nested: boolean;
}
const lefts: fc.Arbitrary<Left[]> = fc.tuple(
  ...NAMES.map((vm) =>
    fc.record({
      vm: fc.constant(vm),
      state: fc.constantFrom('running', 'running', 'starting', 'stopped', 'absent'),
      // Makes some of them need a restart.
      nested: fc.boolean(),
    }),
  ),
);

/** The first port that may be one is that of SSH; a machine that gets none has one of its own. */
function machineWith(all: Owners, name: string, nested: boolean): VmConfig {
  const own = all.flatMap((each, index) => (each.owner === name ? [{ ...each, host: HOSTS[index]! }] : []));
  const ssh = own.find((each) => each.ssh)?.host;
  const ports = own
    .filter(({ host }) => host !== ssh)
    .map(({ bind, host, guest }): PortConfig => ({ bind, host, guest, protocol: 'tcp' }));
  return vmConfig({
    ...{ name, hostname: name, nested, ports },
    ssh: { port: ssh ?? 2300 + NAMES.indexOf(name), declared: true },
  });
}

const sshSide = (host: number): PortConfig => ({ bind: '127.0.0.1', host, guest: 22, protocol: 'tcp' });
const sidesOf = (vm: VmConfig): HostSide[] => [sshSide(vm.ssh.port), ...vm.ports];

interface Case {
  readonly plan: Plan;
  readonly before: ReadonlyMap<string, HostSide[]>;
  readonly after: ReadonlyMap<string, HostSide[]>;
}

const cases = fc.record({ was: owners, is: owners, left: lefts, restart: fc.boolean() }).map((given): Case => {
  const { was, is, left, restart } = given;
  const vms = left.map(({ vm }) => machineWith(is, vm, true));
  const before = new Map<string, HostSide[]>();
  const seen = left.map(({ vm, state, nested }): Observed => {
    if (state === 'absent') return absent(vm);
    const config = machineWith(was, vm, nested);
    const up = running(config, { state, applied: applied(config, { sshPort: config.ssh.port }) });
    if (state === 'stopped') return { ...up, process: null, sightings: absent(vm).sightings };
    before.set(vm, sidesOf(config));
    const { sightings } = up;
    const forwards = [sshSide(config.ssh.port), ...config.ports];
    return { ...up, sightings: { ...sightings, forwards, sshPort: config.ssh.port } };
  });
  const plan = planUp({
    project: 'p',
    vms,
    observed: new Map(seen.map((o) => [o.vm, o])),
    resources: RESOURCES,
    images: new Map(vms.map((vm) => [vm.name, 'abc'])),
    provision: new Map(vms.map((vm) => [vm.name, []])),
    options: { restart, recreate: new Set() },
  });
  return { plan, before, after: new Map(vms.map((vm) => [vm.name, sidesOf(vm)])) };
});

/** One order of many in which the executor may run them. `pick` chooses among those that may run. */
function someOrder(steps: readonly Step[], pick: (count: number) => number): Step[] {
  const done: Step[] = [];
  for (;;) {
    const ready = steps.filter(
      (step) => !done.includes(step) && step.needs.every((need) => done.some(({ id }) => id === need)),
    );
    if (ready.length === 0) return done;
    done.push(ready[pick(ready.length)]!);
  }
}

/** Does to the ports what the step does. Throws where the host would refuse it. */
function act(step: Step, held: Map<string, HostSide[]>, { after }: Case): void {
  const own = held.get(step.vm) ?? [];
  const wanted = after.get(step.vm) ?? [];
  if (step.kind === 'stop') held.delete(step.vm);
  if (step.kind === 'release') {
    held.set(
      step.vm,
      own.filter((side) => !(step.hands ?? []).some((given) => sidesOverlap(given, side))),
    );
  }
  if (step.kind !== 'start' && step.kind !== 'change') return;
  for (const side of wanted) {
    for (const [vm, sides] of held) {
      if (vm !== step.vm && sides.some((other) => sidesOverlap(other, side))) {
        throw new Error(`${step.id} takes ${side.bind}:${side.host}, which ${vm} has`);
      }
    }
  }
  held.set(step.vm, wanted);
}

describe('ports that go from one machine to another', () => {
  it('are never taken before they are given up, in whatever order the steps come', () => {
    fc.assert(
      fc.property(cases, fc.infiniteStream(fc.nat()), (given, picks) => {
        const steps = someOrder(given.plan.steps, (count) => picks.next().value % count);
        // All of them come to be run: none waits for itself.
        expect(steps).toHaveLength(given.plan.steps.length);
        const held = new Map(given.before);
        for (const step of steps) act(step, held, given);
        // Who waits for a consent to be restarted is changed all the same, so all have what they want.
        for (const [vm, sides] of given.after) expect(new Set(held.get(vm))).toEqual(new Set(sides));
      }),
      { numRuns: 500 },
    );
  });

  it('have each step after what it needs, as it is printed', () => {
    fc.assert(
      fc.property(cases, ({ plan: { steps } }) => {
        for (const [index, step] of steps.entries()) {
          for (const need of step.needs) expect(steps.slice(0, index).map(({ id }) => id)).toContain(need);
        }
        expect(new Set(steps.map(({ id }) => id)).size).toBe(steps.length);
      }),
    );
  });

  it('are given up by a step of their own only where somebody takes them', () => {
    fc.assert(
      fc.property(cases, ({ plan: { steps } }) => {
        for (const release of steps.filter(({ kind }) => kind === 'release')) {
          expect(release.needs).toEqual([]);
          const takers = steps.filter(({ needs, vm }) => vm !== release.vm && needs.includes(release.id));
          const taken = takers.flatMap(({ hands = [] }) => hands);
          for (const side of release.hands ?? []) expect(taken.some((each) => sidesOverlap(each, side))).toBe(true);
        }
      }),
    );
  });
});
