/** From what is desired and what is observed to a plan. Pure: values in, steps out. */
import type { VmConfig } from '../model/desired.ts';
import type { Observed } from '../model/observed.ts';
import type { Change, Plan, Step, StepKind, VmPlan, VmVerdict } from '../model/plan.ts';
import type { Resource } from '../model/resource.ts';
import { chain } from './chain.ts';
import { changesOf } from './changes.ts';
import { mayRestart, type RestartConsent } from './consent.ts';
import { afterDependents, awaitingDependencies } from './dependencies.ts';
import { handovers, inOrder, partyOf } from './handover.ts';

export interface PlanOptions {
  /** Running machines may be restarted for changes that need it. */
  readonly restart: RestartConsent;
  /** Machines whose disk may be deleted and made anew: named one by one, never all. */
  readonly recreate: ReadonlySet<string>;
}

export interface PlanInput {
  readonly project: string;
  readonly vms: readonly VmConfig[];
  readonly observed: ReadonlyMap<string, Observed>;
  /** Machines that left the file, and are stopped. */
  readonly leaving?: readonly Observed[];
  readonly resources: readonly Resource<unknown>[];
  /** Digest of the image that each machine would be made from now. */
  readonly images: ReadonlyMap<string, string>;
  /** That of the image of its disk, made anew, where the file may ask for more than is in that. */
  readonly bases?: ReadonlyMap<string, string>;
  /** Digests of the provision commands of each machine, in order. */
  readonly provision: ReadonlyMap<string, readonly string[]>;
  /**
   * Machines that a template is made for: `before` they start, since they start from it; `after`, since they boot this time and
   * the next one will not have to.
   */
  readonly templates?: ReadonlyMap<string, 'before' | 'after'>;
  readonly options: PlanOptions;
}

/** What a machine is in need of, beside its changes. */
interface Need {
  readonly recreate: boolean;
  /** It was started, but not to its end. */
  readonly finish: boolean;
}

function verdictOf(observed: Observed, now: readonly Change[], { recreate, finish }: Need): VmVerdict {
  if (recreate && observed.state !== 'absent') return 'recreate';
  switch (observed.state) {
    case 'absent':
      return 'create';
    case 'stopped':
    case 'dead':
      return 'start';
    case 'paused':
      return now.length > 0 ? 'restart' : finish ? 'finish' : 'none';
    case 'starting':
    case 'running': {
      if (observed.halfRestored || now.some((change) => change.class !== 'live')) return 'restart';
      if (now.length > 0) return 'change';
      return finish || observed.state === 'starting' ? 'finish' : 'none';
    }
    case 'unknown':
      return 'none';
  }
}

function planVm(input: PlanInput, vm: VmConfig, observed: Observed): VmPlan & { kinds: StepKind[] } {
  const { options } = input;
  // Stopped in the middle by somebody who was to let it go on.
  const frozen = observed.process !== null && observed.applied?.frozen === true;
  const declared = input.provision.get(vm.name) ?? [];
  const done = new Set(observed.applied?.provisioned ?? []);
  const provision = declared.some((digest) => !done.has(digest));

  const down = observed.state === 'absent' || observed.state === 'stopped' || observed.state === 'dead';
  const changes =
    observed.state === 'absent' || observed.state === 'unknown' ? [] : changesOf(input.resources, vm, observed);
  const image = input.bases?.get(vm.name) ?? input.images.get(vm.name);
  if (
    observed.applied &&
    image !== undefined &&
    image !== observed.applied.image &&
    !changes.some((c) => c.class === 'recreate')
  ) {
    changes.push({
      resource: 'image',
      field: 'image',
      class: 'recreate',
      before: observed.applied.image.slice(0, 12),
      after: image.slice(0, 12),
      reason: 'the recipe of the image has changed; the disk keeps the one that it was made from',
    });
  }

  const recreate = options.recreate.has(vm.name);
  const isLive = (change: Change): boolean => change.class === 'live' && observed.state !== 'paused';
  const due = changes.filter((change) => change.class !== 'recreate' && !isLive(change));
  const restart = mayRestart(options.restart, vm.name, due);
  const now = changes.filter((change) => {
    if (recreate) return true;
    if (change.class === 'recreate') return false;
    // What goes on where it was is given nothing new.
    if (down) return !observed.suspended;
    return restart || isLive(change);
  });
  const unready = observed.state === 'starting' || observed.applied?.grown === false || frozen;
  const verdict = verdictOf(observed, now, { recreate, finish: provision || unready || observed.rebooted });
  // What was provisioned is gone with the disk, or with the boot of a machine that forgets.
  const afresh =
    !observed.suspended && (vm.overlay || observed.applied?.config.overlay === true || observed.diskSize === null);
  const first =
    verdict === 'create' || verdict === 'recreate' || (afresh && (verdict === 'start' || verdict === 'restart'));
  const provisioned = provision || first ? provisionStep(declared) : [];
  const health = vm.healthcheck ? (['health'] as const) : [];
  // One that has to start again anyway gets what waited for that.
  const onDisk = changes.some(
    (change) =>
      change.class !== 'recreate' && input.resources.some(({ name, onDisk }) => onDisk && name === change.resource),
  );
  const finish: StepKind[] = ['ready', ...provisioned, ...health];
  // What a start does not bring is there before anything that may need it.
  const booted: StepKind[] = onDisk ? ['ready', 'change', ...provisioned, ...health] : finish;
  const thaw = frozen ? (['thaw'] as const) : [];
  const asked = now.some((change) => change.resource === 'healthcheck');
  const running = !down;
  const kinds: Record<VmVerdict, StepKind[]> = {
    create: ['create', 'start', ...finish],
    start: ['start', ...booted],
    restart: ['stop', 'start', ...booted],
    recreate: [...(running ? (['stop'] as const) : []), 'delete', 'create', 'start', ...finish],
    change: [
      ...thaw,
      ...(unready ? (['ready'] as const) : []),
      'change',
      ...provisioned,
      ...(unready || asked || provisioned.length > 0 ? health : []),
    ],
    finish: [...thaw, 'ready', ...(observed.rebooted ? (['change'] as const) : []), ...provisioned, ...health],
    stop: ['stop'],
    none: [],
  };
  return {
    vm: vm.name,
    state: observed.state,
    verdict,
    changes: now,
    pending: changes.filter((change) => !now.includes(change)),
    kinds: kinds[verdict],
  };
}

const provisionStep = (declared: readonly string[]): StepKind[] => (declared.length > 0 ? ['provision'] : []);

/** A template comes before anything that is stopped, deleted or made for it, or after all else. */
function withTemplate(kinds: readonly StepKind[], when: 'before' | 'after' | undefined): StepKind[] {
  if (when === undefined) return [...kinds];
  return when === 'before' ? ['template', ...kinds] : [...kinds, 'template'];
}

/** What `up` has to do. The order of the machines in the input makes no difference. */
export function planUp(input: PlanInput): Plan {
  const declared = input.vms.map((vm) => {
    const observed = input.observed.get(vm.name);
    if (!observed) throw new Error(`${vm.name} was not observed`);
    const { kinds, ...plan } = planVm(input, vm, observed);
    // Without a disk of its own it starts from the image that the file asks for, which may not have been made yet.
    const bare = vm.overlay || observed.diskSize === null;
    const other = bare && observed.applied !== null && observed.applied.image !== input.images.get(vm.name);
    const fromImage = kinds.includes('create') || (other && kinds.includes('start'));
    return { plan, kinds, fromImage, party: partyOf(input.resources, vm, observed, plan, kinds) };
  });
  const leaving = (input.leaving ?? []).map((observed) => {
    const [plan, kinds] = [stopped(observed), ['stop'] as StepKind[]];
    return { plan, kinds, fromImage: false, party: partyOf(input.resources, null, observed, plan, kinds) };
  });
  const plans = [...declared, ...leaving].sort((a, b) => (a.plan.vm < b.plan.vm ? -1 : 1));
  const handed = handovers(plans.map(({ party }) => party));
  const steps: Step[] = [];
  const imageSteps = new Map<string, string>();
  for (const { plan, kinds, fromImage } of plans) {
    const digest = input.images.get(plan.vm) ?? '';
    if (fromImage && !imageSteps.has(digest)) {
      const [step] = chain(plan.vm, ['image'], null);
      imageSteps.set(digest, step!.id);
      steps.push(step!);
    }
    const first = fromImage ? (imageSteps.get(digest) ?? null) : null;
    // Before all else that it does: two machines that swap ports both let go of theirs.
    const released: StepKind[] = handed.has(`release:${plan.vm}`) ? ['release', ...kinds] : kinds;
    steps.push(...chain(plan.vm, withTemplate(released, input.templates?.get(plan.vm)), first, handed));
  }
  return {
    formatVersion: 1,
    project: input.project,
    vms: plans.map(({ plan }) => plan),
    steps: inOrder(awaitingDependencies(steps, input.vms)),
  };
}

/**
 * What `build` has to do: each image once, named after the first machine that is made from it.
 * @param templates machines that a template is made for
 */
export function planBuild(
  project: string,
  images: ReadonlyMap<string, string>,
  templates: ReadonlySet<string> = new Set(),
): Plan {
  const first = new Map<string, string>();
  for (const vm of [...images.keys()].sort()) {
    const digest = images.get(vm) ?? '';
    if (!first.has(digest)) first.set(digest, vm);
  }
  const built = [...first.values()].flatMap((vm) => chain(vm, ['image'], null));
  const warmed = [...images.keys()]
    .filter((vm) => templates.has(vm))
    .sort()
    .flatMap((vm) => chain(vm, ['template'], `image:${first.get(images.get(vm) ?? '') ?? vm}`));
  return { formatVersion: 1, project, vms: [], steps: [...built, ...warmed] };
}

const stopped = ({ vm, state }: Observed, verdict: 'stop' | 'none' = 'stop'): VmPlan => ({
  ...{ vm, state, verdict },
  ...{ changes: [], pending: [] },
});

/**
 * What `down` and `stop` have to do: end what runs, and clear away what a QEMU that died has left. A machine ends when those
 * that depend on it have ended.
 */
export function planStop(project: string, observed: readonly Observed[]): Plan {
  const sorted = [...observed].sort((a, b) => (a.vm < b.vm ? -1 : 1));
  const up = (o: Observed): boolean => o.process !== null || o.state === 'dead';
  const steps = sorted.filter(up).flatMap((o) => chain(o.vm, ['stop'], null));
  const configs = sorted.flatMap((o) => o.applied?.config ?? []);
  return {
    formatVersion: 1,
    project,
    vms: sorted.map((o) => stopped(o, up(o) ? 'stop' : 'none')),
    steps: inOrder(afterDependents(steps, configs)),
  };
}

/** What `rm` has to do. */
export function planRemove(project: string, observed: readonly Observed[]): Plan {
  const sorted = [...observed].filter((o) => o.state !== 'absent').sort((a, b) => (a.vm < b.vm ? -1 : 1));
  return {
    formatVersion: 1,
    project,
    vms: sorted.map((o) => stopped(o)),
    steps: sorted.flatMap((o) => chain(o.vm, [...(o.process ? (['stop'] as const) : []), 'delete'], null)),
  };
}
