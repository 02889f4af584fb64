/** Changes of a machine that runs: what must hold whatever the file says, whatever fails, whenever ai-vm is killed. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { VmConfig } from '../../src/model/desired.ts';
import { debianImage, vmConfig } from '../fixtures/machines.ts';
import { files, LiveWorld, type State } from './live-world.ts';

/** Nothing is left to do, but for what waits for somebody's consent. */
async function isSettled(world: LiveWorld, vm: VmConfig): Promise<void> {
  const { steps, vms } = await world.plan(vm);
  expect({ steps, changes: vms[0]!.changes }).toEqual({ steps: [], changes: [] });
  expect(vms[0]!.pending.filter((change) => change.class === 'live')).toEqual([]);
  // What is on its disk is what is recorded, and nothing is half there; its image is the one that it would be made from anew.
  expect([...world.disk.packages].sort()).toEqual(world.applied!.config.image.packages.map((name) => [name, true]));
  expect(vms[0]!.pending.map(({ field }) => field)).not.toContain('image');
}

async function started(vm: VmConfig): Promise<LiveWorld> {
  const world = new LiveWorld();
  expect((await world.up(vm)).failed).toEqual(new Map());
  return world;
}

/** Whether something can only be changed by a restart. */
const waits = async (world: LiveWorld, vm: VmConfig): Promise<boolean> =>
  (await world.plan(vm)).vms[0]!.pending.some((change) => change.class === 'reboot');

/** What can be changed while it runs is; then the rest, with somebody's consent. */
async function up(world: LiveWorld, vm: VmConfig): Promise<void> {
  expect((await world.up(vm)).failed).toEqual(new Map());
  await isSettled(world, vm);
  if (await waits(world, vm)) await world.up(vm, { restart: true });
}

/** What a machine is that was started with this file. */
const fresh = async (vm: VmConfig): Promise<State> => shown(await started(vm), vm);

/** A port for SSH that the file does not name may be any. A package that was installed stays on its disk, as the size of that does. */
function shown(world: LiveWorld, vm: VmConfig): State {
  const seen = world.state();
  const { image } = seen.config;
  const packages = image.packages.filter((name) => vm.image.packages.includes(name));
  const state = { ...seen, config: { ...seen.config, ssh: vm.ssh, image: { ...image, packages } } };
  if (vm.ssh.declared) return state;
  const way = `tcp 127.0.0.1:${state.sshPort}-22`;
  expect(state.forwards).toContain(way);
  return {
    ...state,
    forwards: state.forwards.filter((forward) => forward !== way),
    sshPort: 0,
  };
}

/** SSH takes the place of a forward that is to go: where that fails, what is still there must not pass for SSH's own. */
const sshBesidePort = vmConfig({ ports: [{ bind: '127.0.0.1', host: 2223, guest: 80, protocol: 'tcp' }] });
const sshInItsPlace = vmConfig({ ssh: { port: 2223, declared: true } });

/** One brings the other along: killed before that is recorded, it must not be forgotten. */
const withTwoPackages = vmConfig({ image: debianImage(['jq', 'tree']) });

describe('a machine that runs', () => {
  it('is settled once it was started', () =>
    fc.assert(
      fc.asyncProperty(files, async (vm) => {
        await isSettled(await started(vm), vm);
      }),
    ));

  it('is settled once it was changed, and then as if it had been started so', () =>
    fc.assert(
      fc.asyncProperty(files, files, async (a, b) => {
        const world = await started(a);
        await up(world, b);
        expect(shown(world, b)).toEqual(await fresh(b));
      }),
    ));

  it('is what it was once it is changed and changed back', () =>
    fc.assert(
      fc.asyncProperty(files, files, async (a, b) => {
        const world = await started(a);
        await world.up(b);
        await up(world, a);
        expect(shown(world, a)).toEqual(await fresh(a));
      }),
    ));

  it('comes to the same end whenever ai-vm is killed in the middle, and whatever the file says then', () =>
    fc.assert(
      fc.asyncProperty(files, files, fc.boolean(), async (a, b, back) => {
        const end = back ? a : b;
        const { effects } = await (await started(a)).up(b);
        const expected = await fresh(end);
        for (let killAfter = 0; killAfter <= effects.length; killAfter += 1) {
          const world = await started(a);
          await world.up(b, { killAfter });
          await up(world, end);
          expect([effects[killAfter - 1], shown(world, end)]).toEqual([effects[killAfter - 1], expected]);
        }
      }),
      { numRuns: 6, examples: [[vmConfig(), withTwoPackages, true]] },
    ));

  it('is whole at the next try whichever effect has failed, and has all else at once', () =>
    fc.assert(
      fc.asyncProperty(files, files, async (a, b) => {
        const { effects } = await (await started(a)).up(b);
        const expected = await fresh(b);
        for (let failAt = 1; failAt <= effects.length; failAt += 1) {
          const world = await started(a);
          const { failed, done } = await world.up(b, { failAt });
          // What comes after a change that failed never runs.
          expect([...failed.keys(), ...done].filter((id) => id.startsWith('change:'))).toHaveLength(1);
          if (failed.size > 0) expect(done).not.toContain('health:dev');
          await up(world, b);
          expect([effects[failAt - 1], shown(world, b)]).toEqual([effects[failAt - 1], expected]);
        }
      }),
      { numRuns: 3, examples: [[sshBesidePort, sshInItsPlace]] },
    ));

  it('has what its file gained while it was stopped, whenever ai-vm is killed', () =>
    fc.assert(
      fc.asyncProperty(files, files, fc.boolean(), fc.nat({ max: 4 }), async (a, gained, back, kills) => {
        // Which port SSH gets at a start is chosen elsewhere.
        const b = { ...gained, ssh: a.ssh, ports: a.ports };
        const world = await started(a);
        world.stop();
        for (let killAfter = 0; killAfter < kills; killAfter += 1) {
          await world.up(b, { killAfter });
          world.stop();
        }
        const end = back ? a : b;
        expect((await world.up(end)).failed).toEqual(new Map());
        await isSettled(world, end);
        expect(shown(world, end)).toEqual(await fresh(end));
      }),
    ));

  it('walks wherever its file goes, through all that happens on the way, and is what its last file says', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(files, happenings), { minLength: 200, maxLength: 200 }), async (edits) => {
        const [[first]] = edits as [(typeof edits)[number]];
        const world = await started(first);
        for (const [vm, happening] of edits) {
          await happen(world, vm, happening);
          expect((await world.up(vm)).failed).toEqual(new Map());
          await isSettled(world, vm);
          expect(world.done.filter((kind) => kind === 'start')).toHaveLength(1);
          if (!(await waits(world, vm))) expect([happening, shown(world, vm)]).toEqual([happening, await fresh(vm)]);
        }
        const [last] = edits.at(-1)!;
        await up(world, last);
        expect(world.done).not.toContain('delete');
        expect(shown(world, last)).toEqual(await fresh(last));
      }),
      { numRuns: 2, endOnFailure: true },
    ));
});

/** What may happen between two edits, and how late in the next one ai-vm is killed. */
type Happening = 'nothing' | 'server dies' | 'gateway dies' | 'somebody plays' | 'guest boots' | number;

const happenings: fc.Arbitrary<Happening> = fc.oneof(
  { arbitrary: fc.constant('nothing' as const), weight: 4 },
  { arbitrary: fc.integer({ min: 0, max: 60 }), weight: 4 },
  fc.constantFrom('server dies' as const, 'gateway dies' as const, 'somebody plays' as const, 'guest boots' as const),
);

async function happen(world: LiveWorld, vm: VmConfig, happening: Happening): Promise<void> {
  const { hardware, servers, gateway } = world.machine!;
  if (typeof happening === 'number') await world.up(vm, { killAfter: happening });
  else if (happening === 'guest boots') world.reboot();
  else if (happening === 'server dies') servers.end(({ client }) => client === servers.list[0]?.client);
  else if (happening === 'gateway dies') gateway.told = null;
  else if (happening === 'somebody plays') {
    hardware.hmp(`hostfwd_remove net0 tcp:127.0.0.1:${world.applied!.sshPort}`);
    hardware.hmp('hostfwd_add net0 udp:127.0.0.1:9999-:1');
    hardware.request(hardware.devices.get('memory1')!, 0);
  }
}
