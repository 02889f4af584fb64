import type { Report } from './source.ts';
import { entry, showPath, type Node, type Path } from './tree.ts';

/** A field that the schema knows and this version does not act on. */
interface Rule {
  readonly field: Path;
  readonly hint: string;
}

const OF_A_MACHINE: readonly Rule[] = [
  { field: ['image', 'disk'], hint: 'Write `image: debian` or `image: nixos`, or leave `image` out.' },
];

/** Says of every field that is not acted on that it is not: none is silently ignored. */
export function reportUnsupported(root: Node, report: Report): void {
  reportUnsupportedFields(entry(root, 'defaults'), report);
  const vms = entry(root, 'vms');
  if (vms?.kind === 'map') for (const vm of vms.entries.values()) reportUnsupportedFields(vm, report);
}

/** The same for the fields of one machine by themselves. */
export function reportUnsupportedFields(machine: Node | undefined, report: Report): void {
  for (const { field, hint } of OF_A_MACHINE) {
    const node = field.reduce<Node | undefined>((at, step) => entry(at, String(step)), machine);
    if (!node) continue;
    report.error('config.unsupported', node.at, `${showPath(node.at)} is not supported in this version`, hint, 'key');
  }
}
