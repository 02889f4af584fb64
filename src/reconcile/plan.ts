/** From what is desired and what is observed to a plan. Pure: values in, steps out. */
import type { VmConfig } from '../model/desired.ts';
import type { Observed } from '../model/observed.ts';
import type { Change, Plan, Step, StepKind, VmPlan, VmVerdict } from '../model/plan.ts';
import type { Resource } from '../model/resource.ts';
import { changesOf } from './changes.ts';

export interface PlanOptions {
  /** Running machines may be restarted for changes that need it. */
  readonly restart: boolean;
  /** Machines whose disk may be deleted and made anew: named one by one, never all. */
  readonly recreate: ReadonlySet<string>;
}

export interface PlanInput {
  readonly project: string;
  readonly vms: readonly VmConfig[];
  readonly observed: ReadonlyMap<string, Observed>;
  readonly resources: readonly Resource<unknown>[];
  /** Digest of the image that each machine would be made from now. */
  readonly images: ReadonlyMap<string, string>;
  /** Digests of the provision commands of each machine, in order. */
  readonly provision: ReadonlyMap<string, readonly string[]>;
  readonly options: PlanOptions;
}

/**
 * Steps for one machine, each needing the one before it. The image comes before all of them: nothing is stopped or
 * deleted for an image that then fails to build.
 */
function chain(vm: string, kinds: readonly StepKind[], imageStep: string | null): Step[] {
  const steps: Step[] = [];
  for (const kind of kinds) {
    const previous = steps.at(-1);
    const first = imageStep ? [imageStep] : [];
    const needs = previous ? [previous.id] : first;
    steps.push({ id: `${kind}:${vm}`, kind, vm, needs, title: `${TITLES[kind]} ${vm}` });
  }
  return steps;
}

const TITLES: Record<StepKind, string> = {
  image: 'build the image of',
  create: 'create',
  delete: 'delete the disk of',
  start: 'start',
  ready: 'wait for',
  provision: 'provision',
  health: 'check the health of',
  stop: 'stop',
};

function verdictOf(observed: Observed, now: readonly Change[], recreate: boolean, unfinished: boolean): VmVerdict {
  if (recreate && observed.state !== 'absent') return 'recreate';
  switch (observed.state) {
    case 'absent':
      return 'create';
    case 'stopped':
    case 'dead':
      return 'start';
    case 'starting':
      return now.length > 0 ? 'restart' : 'finish';
    case 'running':
    case 'paused':
      return now.length > 0 ? 'restart' : unfinished ? 'finish' : 'none';
    case 'unknown':
      return 'none';
  }
}

function planVm(input: PlanInput, vm: VmConfig, observed: Observed): VmPlan & { kinds: StepKind[] } {
  const { options } = input;
  const declared = input.provision.get(vm.name) ?? [];
  const done = new Set(observed.applied?.provisioned ?? []);
  const provision = declared.some((digest) => !done.has(digest));

  const down = observed.state === 'absent' || observed.state === 'stopped' || observed.state === 'dead';
  const changes =
    observed.state === 'absent' || observed.state === 'unknown' ? [] : changesOf(input.resources, vm, observed);
  const image = input.images.get(vm.name);
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
  const now = changes.filter((change) => {
    if (recreate) return true;
    if (change.class === 'recreate') return false;
    return down || options.restart;
  });
  const verdict = verdictOf(observed, now, recreate, provision);
  // What was provisioned is gone with the disk, or with the boot of a machine that forgets.
  const afresh = vm.overlay || observed.applied?.config.overlay === true || observed.diskSize === null;
  const first =
    verdict === 'create' || verdict === 'recreate' || (afresh && (verdict === 'start' || verdict === 'restart'));
  const finish: StepKind[] = [
    'ready',
    ...(provision || first ? provisionStep(declared) : []),
    ...(vm.healthcheck ? (['health'] as const) : []),
  ];
  const running = !down;
  const kinds: Record<VmVerdict, StepKind[]> = {
    create: ['create', 'start', ...finish],
    start: ['start', ...finish],
    restart: ['stop', 'start', ...finish],
    recreate: [...(running ? (['stop'] as const) : []), 'delete', 'create', 'start', ...finish],
    finish,
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

/** What `up` has to do. The order of the machines in the input makes no difference. */
export function planUp(input: PlanInput): Plan {
  const vms = [...input.vms].sort((a, b) => (a.name < b.name ? -1 : 1));
  const plans: VmPlan[] = [];
  const steps: Step[] = [];
  const imageSteps = new Map<string, string>();
  for (const vm of vms) {
    const observed = input.observed.get(vm.name);
    if (!observed) throw new Error(`${vm.name} was not observed`);
    const { kinds, ...plan } = planVm(input, vm, observed);
    plans.push(plan);
    const digest = input.images.get(vm.name) ?? '';
    const fromImage = kinds.includes('create');
    if (fromImage && !imageSteps.has(digest)) {
      const [step] = chain(vm.name, ['image'], null);
      imageSteps.set(digest, step!.id);
      steps.push(step!);
    }
    steps.push(...chain(vm.name, kinds, fromImage ? (imageSteps.get(digest) ?? null) : null));
  }
  return { formatVersion: 1, project: input.project, vms: plans, steps };
}

/** What `build` has to do: each image once, named after the first machine that is made from it. */
export function planBuild(project: string, images: ReadonlyMap<string, string>): Plan {
  const first = new Map<string, string>();
  for (const vm of [...images.keys()].sort()) {
    const digest = images.get(vm) ?? '';
    if (!first.has(digest)) first.set(digest, vm);
  }
  return { formatVersion: 1, project, vms: [], steps: [...first.values()].flatMap((vm) => chain(vm, ['image'], null)) };
}

/** What `down` and `stop` have to do: end what runs, and clear away what a QEMU that died has left. */
export function planStop(project: string, observed: readonly Observed[]): Plan {
  const sorted = [...observed].sort((a, b) => (a.vm < b.vm ? -1 : 1));
  const up = (o: Observed): boolean => o.process !== null || o.state === 'dead';
  return {
    formatVersion: 1,
    project,
    vms: sorted.map((o) => ({ vm: o.vm, state: o.state, verdict: up(o) ? 'stop' : 'none', changes: [], pending: [] })),
    steps: sorted.filter(up).flatMap((o) => chain(o.vm, ['stop'], null)),
  };
}

/** What `rm` has to do. */
export function planRemove(project: string, observed: readonly Observed[]): Plan {
  const sorted = [...observed].filter((o) => o.state !== 'absent').sort((a, b) => (a.vm < b.vm ? -1 : 1));
  return {
    formatVersion: 1,
    project,
    vms: sorted.map((o) => ({ vm: o.vm, state: o.state, verdict: 'stop', changes: [], pending: [] })),
    steps: sorted.flatMap((o) => chain(o.vm, [...(o.process ? (['stop'] as const) : []), 'delete'], null)),
  };
}
