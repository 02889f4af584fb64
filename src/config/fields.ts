import { FIELDS, type Field } from '../generated/fields.ts';
import type { Path } from './tree.ts';

/** What the schema says of the field at a path; undefined for fields that it does not know. */
export function fieldAt(path: Path): Field | undefined {
  // `defaults` is one more machine.
  const steps = path[0] === 'defaults' ? ['vms', '*', ...path.slice(1)] : path;
  let pattern: string | undefined = '';
  for (const step of steps) {
    const names: string[] = typeof step === 'number' ? ['[]'] : [step, '*'];
    const candidates: string[] = names.map((name) => (pattern === '' ? name : `${pattern}.${name}`));
    pattern = candidates.find((candidate) => Object.hasOwn(FIELDS, candidate));
    if (pattern === undefined) return undefined;
  }
  return FIELDS[pattern];
}
