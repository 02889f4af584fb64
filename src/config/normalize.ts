import { posix } from 'node:path';
import type { Desired, DrawnVariable } from '../model/desired.ts';
import { reportClashes } from './clashes.ts';
import type { Env } from './interpolate.ts';
import { readMachine } from './machine.ts';
import { mergeMaps } from './merge.ts';
import { projectName } from './names.ts';
import { shapeMachine } from './shape.ts';
import type { Places } from './shares.ts';
import type { Report } from './source.ts';
import { entry, type Node } from './tree.ts';

export interface Surroundings extends Places {
  readonly env: Env;
  /** Path of the file. */
  readonly file: string;
  /** Beats the file's own `name`. */
  readonly projectName: string | undefined;
}

/** A file of valid structure as Desired, with every default. Meaningful only if the report has no error afterwards. */
export function normalize(root: Node, around: Surroundings, drawn: readonly DrawnVariable[], report: Report): Desired {
  const given = entry(root, 'defaults');
  const defaults = given && shapeMachine(given, report);
  const vms = entry(root, 'vms');
  const context = { report, places: around, env: around.env, drawn: [...drawn] };
  const machines = (vms?.kind === 'map' ? [...vms.entries] : []).map(([name, node]) => {
    const own = shapeMachine(node, report);
    return readMachine(name, defaults ? mergeMaps(defaults, own) : own, context);
  });
  reportClashes(machines, report);
  const location = entry(root, 'location');
  return {
    name: readName(root, around, report),
    dir: around.dir,
    files: [around.file],
    location: location?.kind === 'scalar' && location.value === 'project' ? 'project' : 'user',
    vms: machines.map(({ vm }) => vm).sort((a, b) => (a.name < b.name ? -1 : 1)),
    drawn: distinct(context.drawn),
  };
}

function readName(root: Node, around: Surroundings, report: Report): string {
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

/** A variable of `defaults` comes up once for each machine. */
function distinct(drawn: readonly DrawnVariable[]): DrawnVariable[] {
  const seen = new Map(drawn.map((item) => [`${item.variable} ${item.field}`, item]));
  return [...seen].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
}
