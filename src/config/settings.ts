/** Settings of a machine that come from a command line or from a person's answers: a layer over what the file says. Pure. */
import { closest } from '../model/closest.ts';
import { fieldAt } from './fields.ts';
import { checkMachine } from './names.ts';
import { fault, ok, quote, type Outcome } from './outcome.ts';
import { hostPath, type Places } from './shares.ts';
import { Source, type Report } from './source.ts';
import { scalar, type ListNode, type MapNode, type Node, type Path, type Span, type Spans } from './tree.ts';

/** Texts as they were given: they are judged where the file's own are. Not there, or empty: not given. */
export interface Settings {
  /** The machine's. */
  readonly name?: string | undefined;
  /** A size; a number alone counts GiB. */
  readonly ram?: string | undefined;
  readonly cpu?: string | undefined;
  readonly storage?: string | undefined;
  readonly overlay?: boolean | undefined;
  readonly nested?: boolean | undefined;
  /** A driver; `true`: the one that the file chooses, else the usual one. */
  readonly audio?: string | boolean | undefined;
  /** A resolution; `true` likewise. */
  readonly desktop?: string | boolean | undefined;
  readonly agent?: readonly string[] | undefined;
  readonly package?: readonly string[] | undefined;
  readonly port?: readonly string[] | undefined;
  /** `HOST[:GUEST]` */
  readonly shareRw?: readonly string[] | undefined;
  readonly shareRo?: readonly string[] | undefined;
}

/** A layer over the machines of a file. */
export interface Overrides {
  /** In canonical form. Paths in it are absolute, and nothing in it is a variable. */
  readonly fields: MapNode;
  /** The machines that it is for; empty: all. */
  readonly vms: readonly string[];
  /** The command line, with the place of each flag. */
  readonly source: Source;
  /** Says what is wrong with it, beyond what is said of any file. */
  readonly check: (report: Report) => void;
}

/** Where nodes of the layer say that they come from: no field of a file begins so. */
const flagOf = (key: string): string => `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** A flag as a person would type it again. */
const typed = (text: string): string => (/^[\w@%+=:,./~-]+$/.test(text) ? text : JSON.stringify(text));

interface Flag {
  readonly at: Path;
  /** null: a switch. */
  readonly value: string | null;
}

function flagsOf(settings: Settings): Flag[] {
  return Object.entries(settings).flatMap(([key, value]: [string, Settings[keyof Settings]]): Flag[] => {
    const flag = flagOf(key);
    if (value === undefined) return [];
    if (value === true) return [{ at: [flag], value: null }];
    if (value === false) return [{ at: [flagOf(`no-${key}`)], value: null }];
    if (typeof value === 'string') return [{ at: [flag], value }];
    return value.map((item, index) => ({ at: [flag, index], value: item }));
  });
}

/** Whether anything was given. */
export const anyGiven = (settings: Settings): boolean => flagsOf(settings).length > 0;

/** The settings as a command line that says the same. */
export function commandLine(settings: Settings): string {
  return sourceOf(settings).text;
}

function sourceOf(settings: Settings): Source {
  let text = '';
  const children = new Map<string | number, { value: Span; key: Span; children: Map<string | number, Spans> }>();
  for (const { at, value } of flagsOf(settings)) {
    const flag = String(at[0]);
    const key = { start: text.length, end: text.length + flag.length };
    text += value === null ? flag : `${flag} ${typed(value)}`;
    const span = value === null ? key : { start: key.end + 1, end: text.length };
    const known = children.get(flag) ?? { value: span, key, children: new Map<string | number, Spans>() };
    if (at.length > 1) known.children.set(at[1]!, { value: span, key, children: new Map() });
    children.set(flag, known);
    text += ' ';
  }
  text = text.replace(/ $/, '');
  const spans = { value: { start: 0, end: text.length }, children };
  return new Source('command line', text, () => spans);
}

const map = (at: Path, entries: readonly (readonly [string, Node])[]): MapNode => ({
  ...{ kind: 'map', at },
  entries: new Map(entries),
});

const list = (at: Path, items: readonly Node[]): ListNode => ({ kind: 'list', at, items });

/**
 * @param places what relative paths count from: where the command line was typed
 * @param vms the machines that it is for; empty: all
 */
export function overrides(settings: Settings, places: Places, vms: readonly string[]): Overrides {
  const { ram, cpu, storage, overlay, nested, audio, desktop, agent, package: packages, port } = settings;
  const entries: [string, Node][] = [];
  const put = (field: string, flag: string, value: string | boolean | undefined): void => {
    if (value !== undefined) entries.push([field, scalar([value === false ? `--no-${flag}` : `--${flag}`], value)]);
  };
  /** A switch with a choice: `true` leaves the choice to what is below. */
  const choice = (field: string, of: string, value: string | boolean | undefined): void => {
    if (value === undefined || value === false) put(field, field, value);
    else entries.push([field, map([`--${field}`], value === true ? [] : [[of, scalar([`--${field}`], value)]])]);
  };
  const each = (flag: string, values: readonly string[] = []): Node[] =>
    values.map((value, index) => scalar([flag, index], value));
  const many = (field: string, flag: string, items: readonly Node[]): void => {
    if (items.length > 0) entries.push([field, list([flag], items)]);
  };
  put('cpus', 'cpu', cpu);
  put('memory', 'ram', ram);
  put('storage', 'storage', storage);
  put('overlay', 'overlay', overlay);
  choice('audio', 'driver', audio);
  choice('desktop', 'resolution', desktop);
  put('nested', 'nested', nested);
  const shares = (['rw', 'ro'] as const).flatMap((mode) => {
    const given = mode === 'rw' ? settings.shareRw : settings.shareRo;
    return (given ?? []).map((text, index) => shareNode(text, mode, [`--share-${mode}`, index], places));
  });
  many('shares', '--share', shares);
  many('ports', '--port', each('--port', port));
  many('packages', '--package', each('--package', packages));
  many('agents', '--agent', each('--agent', agent));
  return { fields: map([], entries), vms, source: sourceOf(settings), check: (report) => check(settings, report) };
}

function shareNode(text: string, mode: 'rw' | 'ro', at: Path, places: Places): MapNode {
  const [, path = text, target] = /^(.*?):(\/.*)$/s.exec(text) ?? [];
  const host = hostPath(path, places);
  return map(at, [
    // What is no path is said to be none when it is read.
    ['path', scalar(at, 'value' in host ? host.value : path)],
    ...(target === undefined ? [] : [['target', scalar(at, target)] as const]),
    ['mode', scalar(at, mode)],
  ]);
}

/** What the schema says of a file's values, said of those flags whose values no one reads again. */
function check({ name, audio, desktop, agent = [] }: Settings, report: Report): void {
  const judge = (at: Path, outcome: Outcome<string>): void => {
    if ('fault' in outcome) report.error('config.value', at, `${String(at[0])}: ${outcome.fault}`, outcome.hint);
  };
  if (name !== undefined) judge(['--name'], checkMachine(name));
  if (typeof audio === 'string')
    judge(['--audio'], oneOf(audio, 'driver', fieldAt(['vms', '*', 'audio', 'driver'])?.values));
  agent.forEach((text, index) =>
    judge(['--agent', index], oneOf(text, 'agent', fieldAt(['vms', '*', 'agents', 0])?.keys)),
  );
  if (typeof desktop === 'string') {
    const expected = fieldAt(['vms', '*', 'desktop', 'resolution'])?.expected ?? '';
    judge(
      ['--desktop'],
      /^[1-9]\d{2,4}x[1-9]\d{2,4}$/.test(desktop)
        ? ok(desktop)
        : fault(`${quote(desktop)} is not ${expected}`, 'Write WIDTHxHEIGHT.'),
    );
  }
}

function oneOf(text: string, what: string, known: readonly string[] = []): Outcome<string> {
  if (known.includes(text)) return ok(text);
  const near = closest(text, known);
  return fault(
    `${quote(text)} is no ${what}`,
    near === undefined ? `Known: ${known.join(', ')}.` : `Did you mean ${near}?`,
  );
}
