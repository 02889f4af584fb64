import { posix } from 'node:path';
import type { BorrowedFile, Desired, DrawnVariable } from '../model/desired.ts';
import { reportClashes } from './clashes.ts';
import { reportDependencies, reportVainConditions } from './dependencies.ts';
import { distinct, drawnAt, drawnBy } from './drawn.ts';
import type { Variables } from './environment.ts';
import type { Surroundings } from './layers.ts';
import { names, readMachine, type Context } from './machine.ts';
import { projectName } from './names.ts';
import { reportNetworks } from './networks.ts';
import type { Report } from './source.ts';
import { entry, type MapNode, type Node } from './tree.ts';

export interface ProjectAround extends Surroundings {
  /** Every file that took part, the main one first. */
  readonly files: readonly string[];
  /** Beats the file's own `name`. */
  readonly projectName: string | undefined;
}

/** All files as one. */
export interface Merged {
  readonly root: MapNode;
  /** With what they extend, and with the defaults of their file. */
  readonly machines: ReadonlyMap<string, MapNode>;
  /** Names of networks that the files declare. */
  readonly networks: ReadonlySet<string>;
  readonly variables: Variables;
  readonly borrowed: readonly BorrowedFile[];
}

export interface Normalized {
  readonly desired: Desired;
  /** Machines that declare no image. */
  readonly imageless: readonly string[];
}

/** Files of valid structure as Desired, with every default. Meaningful only if the report has no error afterwards. */
export function normalize(
  { root, machines, networks, variables, borrowed }: Merged,
  around: ProjectAround,
  report: Report,
): Normalized {
  // What `defaults` says is seen by all machines, whether there are more of them tomorrow or not.
  const seer = (vm: string, { at }: Node): string =>
    at[0] === 'defaults' && !around.bases.has(at.file ?? '') ? '*' : vm;
  const drawn = [...root.entries]
    .filter(([key]) => key !== 'vms' && key !== 'defaults')
    .flatMap(([, node]) => drawnBy('*', node));
  const note = (all: readonly DrawnVariable[], node: Node): void => {
    drawn.push(...all.map((each) => ({ ...each, vm: seer(each.vm, node) })));
  };
  const context: Context = {
    ...{ report, around, variables },
    draw: (vm, names, node) => note(drawnAt(vm, names, node), node),
  };
  const read = [...machines].map(([name, vm]) => {
    for (const node of scalarsIn(vm)) note(drawnBy(name, node), node);
    return readMachine(name, vm, context);
  });
  if (read.length === 0 && !entry(root, 'vms') && !report.blames(['vms'])) {
    report.error('config.missing', [], 'no machine is declared: `vms` is missing', 'The least is `vms: {dev: {}}`.');
  }
  reportClashes(read, report);
  reportDependencies(new Map(read.map(({ vm, dependencies }) => [vm.name, dependencies])), report);
  reportVainConditions(read, report);
  reportNetworks(
    read.flatMap((each) => each.networks),
    networks,
    report,
  );
  const desired: Desired = {
    ...identityOf(root, around, report),
    dir: around.dir,
    files: around.files,
    vms: read.map(({ vm }) => vm).sort((a, b) => (a.name < b.name ? -1 : 1)),
    drawn: distinct(drawn),
    borrowed,
    secrets: names(entry(root, 'secrets')),
  };
  return { desired, imageless: read.flatMap(({ vm, imageDeclared }) => (imageDeclared ? [] : [vm.name])) };
}

/** Which project it is: the machines that others declare say nothing of that. */
export function identityOf(root: MapNode, around: ProjectAround, report: Report): Pick<Desired, 'name' | 'location'> {
  const location = entry(root, 'location');
  return {
    name: readName(root, around, report),
    location: location?.kind === 'scalar' && location.value === 'project' ? 'project' : 'user',
  };
}

function readName(root: Node, around: ProjectAround, report: Report): string {
  const node = entry(root, 'name');
  const own = node?.kind === 'scalar' ? String(node.value) : undefined;
  const text = around.projectName ?? own ?? posix.basename(around.dir);
  const name = projectName(text);
  if (name === '') {
    const hint = 'Write `name: my-project`: it takes letters and digits.';
    report.error('config.name', node?.at ?? [], `${JSON.stringify(text)} leaves no name for the project`, hint);
  }
  return name;
}

function* scalarsIn(node: Node): Generator<Node> {
  if (node.kind === 'scalar') yield node;
  else for (const child of node.kind === 'list' ? node.items : node.entries.values()) yield* scalarsIn(child);
}
