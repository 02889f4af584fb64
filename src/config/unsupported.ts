import { quote } from './outcome.ts';
import type { Report } from './source.ts';
import { entry, showPath, toJson, type Node, type Path } from './tree.ts';

/** A field that the schema knows and this version does not act on, beyond the values that ask for nothing. */
interface Rule {
  readonly field: Path;
  /** Values that are supported, being what happens anyway. */
  readonly supported: readonly unknown[];
  readonly hint: string;
}

const remove = (what: string): string => `Remove it: ${what}.`;

const OF_THE_FILE: readonly Rule[] = [
  { field: ['secrets'], supported: [], hint: remove('values are not redacted yet') },
  { field: ['include'], supported: [], hint: remove('put all machines into one file') },
];

const OF_A_MACHINE: readonly Rule[] = [
  {
    field: ['image'],
    supported: ['debian'],
    hint: 'Write `image: debian`, or leave it out. Extra software goes to `packages`.',
  },
  { field: ['desktop'], supported: [false], hint: remove('machines have no screen yet') },
  {
    field: ['restart'],
    supported: ['no'],
    hint: remove('a machine that stops stays stopped, until the next `ai-vm up`'),
  },
  { field: ['warm'], supported: [false], hint: remove('machines start cold') },
  { field: ['suspend_after'], supported: [], hint: remove('machines run until they are stopped') },
  {
    field: ['network', 'host_loopback'],
    supported: [true],
    hint: remove("a guest can reach the host's loopback at 10.0.2.2"),
  },
  { field: ['network', 'allow_host'], supported: [], hint: remove('a guest can reach every port of the host') },
  { field: ['network', 'egress'], supported: ['open'], hint: remove('a guest can reach every network') },
  { field: ['depends_on'], supported: [], hint: remove('machines start side by side') },
  { field: ['extends'], supported: [], hint: 'Use `defaults`, or an anchor and a merge key: `<<: *name`.' },
  { field: ['env_file'], supported: [], hint: 'Use `env`.' },
  { field: ['profiles'], supported: [], hint: 'Name the machines on the command line: `ai-vm up NAME`.' },
];

/** Says of every field that is not acted on that it is not: none is silently ignored. */
export function reportUnsupported(root: Node, report: Report): void {
  check(root, OF_THE_FILE, report);
  check(entry(root, 'defaults'), OF_A_MACHINE, report);
  const vms = entry(root, 'vms');
  if (vms?.kind === 'map') for (const vm of vms.entries.values()) check(vm, OF_A_MACHINE, report);
}

function check(parent: Node | undefined, rules: readonly Rule[], report: Report): void {
  for (const { field, supported, hint } of rules) {
    const node = field.reduce<Node | undefined>((at, step) => entry(at, String(step)), parent);
    if (!node) continue;
    const value = toJson(node);
    if (supported.includes(value)) continue;
    const what = typeof value === 'object' || supported.length === 0 ? '' : `: ${quote(value)}`;
    report.error(
      'config.unsupported',
      node.at,
      `${showPath(node.at)}${what} is not supported in this version`,
      hint,
      'key',
    );
  }
}
