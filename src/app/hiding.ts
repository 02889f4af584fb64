/** What is not printed of a project. */
import { redactAll, redactor } from '../config/secrets.ts';
import type { Ask } from '../model/approval.ts';
import type { Change, Plan } from '../model/plan.ts';
import type { Context } from './context.ts';

type Redact = (text: string) => string;

function redacting({ project: { desired, loaded } }: Context): Redact {
  if (!desired || !loaded) return (text) => text;
  const known = loaded.variables.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const]));
  return redactor(desired, known);
}

/** Hides what looks like a secret, in anything that is printed of this project. */
export function hiding(context: Context): <T>(value: T) => T {
  const redact = redacting(context);
  return (value) => redactAll(value, redact, context.project.desired?.secrets ?? []);
}

/** The same for a plan, but for what other things are found by: names of machines, fields and steps. */
export function hiddenPlan(context: Context, plan: Plan): Plan {
  const redact = redacting(context);
  const change = (one: Change): Change => ({ ...one, before: redact(one.before), after: redact(one.after) });
  const vms = plan.vms.map((vm) => ({ ...vm, changes: vm.changes.map(change), pending: vm.pending.map(change) }));
  return { ...plan, vms };
}

/**
 * The same for what is asked. Of the file's own word nothing is hidden: it could call a secret what it would rather not have
 * seen. Secrets of the environment, which have their names from this host, are.
 */
export function hiddenAsk({ project: { loaded } }: Context): (ask: Ask) => Ask {
  const own = (loaded?.variables ?? []).filter(({ from }) => from === 'environment');
  const redact = redactor(
    { secrets: [], vms: [] },
    own.map(({ name, value = '' }) => [name, value] as const),
  );
  return (ask) => ({ ...ask, text: redact(ask.text) });
}
