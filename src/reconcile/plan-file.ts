/** A plan to be carried out later, and whether it still is what would be done. Pure. */
import { createHash } from 'node:crypto';
import type { VmConfig } from '../model/desired.ts';
import type { Observed } from '../model/observed.ts';
import type { Plan } from '../model/plan.ts';

/** What it was made with; `up --plan` plans anew with the same. */
export interface PlanFileOptions {
  /** Empty: all. */
  readonly vms: readonly string[];
  readonly restart: boolean;
  readonly recreate: readonly string[];
  readonly cold: boolean;
  readonly removeOrphans: boolean;
}

/** Machine → field → digest: of values that the file itself does not tell. */
type Digests = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface PlanFile {
  readonly formatVersion: 1;
  /** Name of the project and hash of its directory. */
  readonly project: string;
  readonly options: PlanFileOptions;
  readonly desired: Digests;
  readonly observed: Digests;
  readonly plan: Plan;
}

export interface Inputs {
  readonly plan: Plan;
  readonly vms: readonly VmConfig[];
  readonly observed: ReadonlyMap<string, Observed>;
  /** Machine → digest of the image that it would be made from. */
  readonly images: ReadonlyMap<string, string>;
}

/** JSON that does not depend on the order of keys. */
const canonical = (value: unknown): string =>
  JSON.stringify([value], (_key, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([x], [y]) => (x < y ? -1 : 1)))
      : each,
  );

const digests = (fields: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      createHash('sha256').update(canonical(value)).digest('hex').slice(0, 32),
    ]),
  );

/** What a plan goes by. What changes by itself while a machine runs is none of it. */
function seenOf({ sightings, identity, applied, ...seen }: Observed): Readonly<Record<string, unknown>> {
  const byText = (list: readonly unknown[] | null): string[] | null => list?.map(canonical).sort() ?? null;
  return {
    state: [seen.state, seen.suspended, seen.rebooted, seen.halfRestored, applied?.frozen, applied?.grown],
    identity: identity?.uuid ?? null,
    'what it was started with': [applied?.config, applied?.provisioned],
    image: applied?.image ?? null,
    disk: [seen.diskSize, sightings.storage],
    cpus: sightings.cpus,
    memory: sightings.memory,
    ports: [byText(sightings.forwards), sightings.sshPort],
    shares: byText(sightings.shares?.map(({ tag }) => tag) ?? null),
  };
}

const byName = (entries: readonly (readonly [string, Record<string, string>])[]): Digests =>
  Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));

/** @param project name and hash of the directory */
export function planFile(project: string, options: PlanFileOptions, inputs: Inputs): PlanFile {
  const { plan, vms, observed, images } = inputs;
  return {
    ...{ formatVersion: 1, project, options },
    desired: byName(vms.map((vm) => [vm.name, digests({ ...vm, image: [vm.image, images.get(vm.name)] })])),
    observed: byName([...observed.values()].map((o) => [o.vm, digests(seenOf(o))])),
    plan,
  };
}

function differing(before: Digests, now: Digests, vm: string): string {
  const [a, b] = [before[vm] ?? {}, now[vm] ?? {}];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((field) => a[field] !== b[field]).join(', ');
}

function ofMachine(before: PlanFile, now: PlanFile, vm: string): string[] {
  const [was, is] = [before, now].map((file) => file.observed[vm] !== undefined);
  if (!was) return [`${vm} is not in the plan`];
  if (!is) return [`${vm} is in the plan, and is none of its machines any more`];
  const declared = differing(before.desired, now.desired, vm);
  const seen = differing(before.observed, now.observed, vm);
  const [a, b] = [before, now].map((file) => file.plan.vms.find((each) => each.vm === vm)?.state);
  const states = a === b ? '' : ` (it was ${a}, and is ${b})`;
  return [
    ...(declared === '' ? [] : [`${vm} is declared otherwise: ${declared}`]),
    ...(seen === '' ? [] : [`${vm} is not as it was seen: ${seen}${states}`]),
  ];
}

/** Where all else is the same, what it comes to may yet differ: a template was made, another version plans. */
function ofPlans(before: Plan, now: Plan): string[] {
  if (canonical(before) === canonical(now)) return [];
  const [was, is] = [before, now].map(({ steps }) => new Map(steps.map((step) => [step.id, canonical(step)])));
  const gone = [...was!.keys()].filter((id) => !is!.has(id)).map((id) => `the step ${id} is not needed any more`);
  const fresh = [...is!.keys()].filter((id) => !was!.has(id)).map((id) => `the step ${id} is new`);
  const other = now.vms
    .filter((vm) => canonical(vm) !== canonical(before.vms.find((each) => each.vm === vm.vm) ?? null))
    .map(({ vm }) => `what is to be done about ${vm} is not the same`);
  const found = [...gone, ...fresh, ...other];
  return found.length > 0 ? found : ['the steps depend on each other in another way'];
}

/** What of a plan is not so any more, for people, one a line; none: it is what would be planned now. */
export function staleness(before: PlanFile, now: PlanFile): string[] {
  if (before.project !== now.project) return [`it was made for ${before.project}, and this is ${now.project}`];
  const names = new Set([...Object.keys(before.observed), ...Object.keys(now.observed)]);
  const found = [...names].sort().flatMap((vm) => ofMachine(before, now, vm));
  return found.length > 0 ? found : ofPlans(before.plan, now.plan);
}
