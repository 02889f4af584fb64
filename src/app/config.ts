/** `config`: the files as they were understood, and what they were made of. */
import { createHash } from 'node:crypto';
import { configFile, printFile, type Format } from '../config/print.ts';
import { HIDDEN, isSecret, redactWritten } from '../config/secrets.ts';
import type { Desired } from '../model/desired.ts';
import { renderTable } from '../report/table.ts';
import { needed, readAsks } from './approvals.ts';
import { asksOf } from './asks.ts';
import { requireDesired, type Context } from './context.ts';
import { hiding } from './hiding.ts';
import { takingPart } from './select.ts';

type Loaded = NonNullable<Context['project']['loaded']>;

function requireLoaded(context: Context): Loaded {
  requireDesired(context);
  const { loaded } = context.project;
  if (!loaded) throw new Error('a project that is understood and was not loaded');
  return loaded;
}

/** What files outside of the project say is printed once it may be used. @throws AiVmError approval.needed */
export async function requireSources(context: Context): Promise<void> {
  const desired = requireDesired(context);
  if (desired.borrowed.length === 0) return;
  const { pending } = await readAsks(context);
  const sources = new Set(asksOf({ ...desired, vms: [], drawn: [] }, new Map()).map(({ digest }) => digest));
  const asked = pending.filter(({ digest }) => sources.has(digest));
  if (asked.length > 0) throw needed(context, asked);
}

export interface ConfigOptions {
  readonly format: Format;
  readonly reveal: boolean;
}

/** Every default written out, variables replaced, paths absolute; it parses to the same again. */
export function normalized(context: Context, { format, reveal }: ConfigOptions): string {
  const desired = requireDesired(context);
  const active = new Set(takingPart(context));
  const taking: Desired = { ...desired, vms: desired.vms.filter((vm) => active.has(vm.name)) };
  const file = configFile(taking);
  return printFile(reveal ? file : hiding(context)(file), format);
}

/** Names of the machines that take part, one a line. */
export const machineNames = (context: Context): string => lines(takingPart(context));

/** Names of all profiles. */
export const profileNames = (context: Context): string =>
  lines([...new Set(requireDesired(context).vms.flatMap((vm) => vm.profiles))].sort());

/** A digest of what each machine that takes part is declared as: another one, and something of it was changed. */
export function hashes(context: Context): string {
  const { vms } = requireDesired(context);
  return lines(
    takingPart(context).map((name) => {
      const vm = vms.find((each) => each.name === name);
      return `${name} ${createHash('sha256').update(JSON.stringify(vm)).digest('hex')}`;
    }),
  );
}

/** A value by its name, and wherever else it is a secret. */
function shownBy(context: Context, reveal: boolean): (name: string, value: string) => string {
  const { desired } = requireLoaded(context);
  const hide = hiding(context);
  return (name, value) => {
    if (reveal || value === '') return value;
    return isSecret(name, desired.secrets) ? HIDDEN : hide(value);
  };
}

const COLUMNS = ['NAME', 'REQUIRED', 'DEFAULT', 'VALUE', 'FROM'].map((title) => ({ title }));

/** The variables that the files name: whether they have to be set, what is used where they are not, and what they are. */
export function variables(context: Context, reveal: boolean): string {
  const { variables: used } = requireLoaded(context);
  const shown = shownBy(context, reveal);
  const text = (name: string, value: string | null | undefined): string =>
    shown(name, value ?? '').replaceAll(/\s+/g, ' ');
  const rows = used.map(({ name, required, otherwise, value, from }) => [
    ...[name, String(required), text(name, otherwise), text(name, value)],
    from === null ? 'not set' : from === 'file' ? 'a file' : 'the environment',
  ]);
  return `${renderTable(COLUMNS, rows, Infinity)}\n`;
}

/** Everything that a variable could be, sorted. */
export function environment(context: Context, reveal: boolean): string {
  const all = requireLoaded(context).environment();
  const shown = shownBy(context, reveal);
  return lines([...all].map(([name, value]) => `${name}=${shown(name, value)}`).sort());
}

interface SourceRow {
  readonly field: string;
  readonly text: string;
  readonly from: string;
}

/** Where each value comes from: field, value, place; `default` where no file says anything. */
export function sources(context: Context, reveal: boolean): string {
  const { origins } = requireLoaded(context);
  const shown = shownBy(context, reveal);
  const told = origins().map(({ field, value, place, template }): SourceRow => {
    const text = value === null ? '(nothing)' : String(value).split('\n')[0]!;
    const where = place ? `${place.file}:${place.line}:${place.column}` : 'made of several values';
    const name = field.slice(field.lastIndexOf('.') + 1);
    const from =
      template === undefined ? where : `${where}  (${[template, ...variablesIn(context, template)].join('; ')})`;
    return { field, text: value === null ? text : shown(name, text), from };
  });
  const rows = [...told, ...defaultsOf(context, new Set(told.map(({ field }) => fieldOf(field))))];
  const width = Math.max(0, ...rows.map(({ field }) => field.length));
  // Stable: what the file says keeps its order within a machine.
  const machine = ({ field }: SourceRow): string => field.split('.')[1] ?? '';
  rows.sort((a, b) => (machine(a) < machine(b) ? -1 : machine(a) > machine(b) ? 1 : 0));
  return lines(rows.map(({ field, text, from }) => `${field.padEnd(width)}  ${text}  ${from}`));
}

/** `vms.web.ports` of `vms.web.ports[0]`. */
const fieldOf = (field: string): string => /^vms\.[\w-]+\.\w+/.exec(field)?.[0] ?? field;

/** Fields of machines that no file says anything of. */
function defaultsOf(context: Context, told: ReadonlySet<string>): SourceRow[] {
  const { vms = {} } = configFile(requireDesired(context));
  return Object.entries(vms).flatMap(([name, vm]) =>
    Object.entries(vm ?? {})
      .map(([key, value]): SourceRow => ({ field: `vms.${name}.${key}`, text: JSON.stringify(value), from: 'default' }))
      .filter(({ field }) => !told.has(field)),
  );
}

/** Whose values are in a text that was made from this: `N from a file`. */
function variablesIn(context: Context, template: string): string[] {
  const { variables: used } = requireLoaded(context);
  const named = new Set([...template.matchAll(/\$\{?([A-Za-z_]\w*)/g)].map(([, name]) => name));
  return used.flatMap(({ name, from }) =>
    named.has(name) && from !== null ? [`${name} from ${from === 'file' ? 'a file' : 'the environment'}`] : [],
  );
}

/** The files as they are, laid over each other, with their variables. */
export function raw(context: Context, { format, reveal }: ConfigOptions): string {
  const { merged, desired } = requireLoaded(context);
  return printFile(reveal ? merged() : redactWritten(merged(), desired.secrets), format);
}

/** The JSON Schema of the file, as text. */
export const schema = async (): Promise<string> => (await import('../generated/schema.ts')).SCHEMA_TEXT;

const lines = (list: readonly string[]): string => list.map((line) => `${line}\n`).join('');
