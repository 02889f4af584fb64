/** `unset` of machines: a path that leads nowhere would be ignored in silence, so it is a fault. */
import { closest } from '../model/closest.ts';
import { fieldAt } from './fields.ts';
import { quote } from './outcome.ts';
import type { Report } from './source.ts';
import { entry, showPath, toJson, type Node, type Path } from './tree.ts';

export function reportUnset(root: Node, report: Report): void {
  check(entry(root, 'defaults'), report);
  const vms = entry(root, 'vms');
  if (vms?.kind === 'map') for (const vm of vms.entries.values()) check(vm, report);
}

const MACHINE: Path = ['vms', 'x'];

function check(vm: Node | undefined, report: Report): void {
  const list = entry(vm, 'unset');
  for (const item of list?.kind === 'list' ? list.items : []) {
    const steps = String(toJson(item)).split('.');
    const wrong = steps.findIndex((step, n) => step === '' || !fieldAt([...MACHINE, ...steps.slice(0, n + 1)]));
    if (wrong === -1) continue;
    const near = closest(steps[wrong]!, fieldAt([...MACHINE, ...steps.slice(0, wrong)])?.keys ?? []);
    report.error(
      'config.value',
      item.at,
      `${showPath(item.at)}: ${quote(toJson(item))} is no field of a machine`,
      near === undefined
        ? 'Write paths such as ports or env.EDITOR.'
        : `Did you mean ${[...steps.slice(0, wrong), near].join('.')}?`,
    );
  }
}
