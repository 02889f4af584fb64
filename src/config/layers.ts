/**
 * The files of a project, each understood by itself: parsed, its variables replaced, checked against the schema, its machines in
 * their one canonical form. What a file draws in from others is resolved here, with the places that everything comes from.
 */
import { posix } from 'node:path';
import { closest } from '../model/closest.ts';
import type { ProviderName } from '../model/desired.ts';
import type { Diagnostic } from '../model/errors.ts';
import type { Variables } from './environment.ts';
import { interpolate } from './interpolate.ts';
import { mergeMaps, type Keys } from './merge.ts';
import { quote } from './outcome.ts';
import { hostSide, parsePort, type PortObject } from './ports.ts';
import type { Parser } from './parser.ts';
import { shapeMachine } from './shape.ts';
import { parseShare, type ShareObject } from './shares.ts';
import { Report, Source, type Findings, type Parsed } from './source.ts';
import { belongingTo, entry, showPath, toJson, type MapNode, type Node } from './tree.ts';
import { unquoted } from './unquoted.ts';
import { reportUnset } from './unset.ts';
import { reportUnsupported } from './unsupported.ts';
import { validate } from './validate.ts';

export interface ConfigText {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
  /** See parserFor. */
  readonly parse: Parser;
  /** Of one that lies outside of the project: its real path, and the SHA-256 (hex) of its text; in a repository its name and the commit. */
  readonly outside?: { readonly path: string; readonly digest: string };
}

/** One file, its variables replaced. */
export interface Layer {
  /** All but its machines. */
  readonly root: MapNode;
  readonly defaults: MapNode | null;
  readonly vms: ReadonlyMap<string, MapNode>;
  readonly report: Report;
}

/** In UTF-16 units. */
const MAX_LENGTH = 1024 * 1024;
/** More than any real chain of machines that start from each other. */
const MAX_CHAIN = 32;

export interface Surroundings {
  /** Real path of the project's directory. */
  readonly dir: string;
  readonly home: string;
  /** What a file's relative paths count from, where that is not the project's directory. */
  readonly bases: ReadonlyMap<string, string>;
  /** The variables of a file, where they are not the project's. */
  readonly variablesOf?: ReadonlyMap<string, Variables>;
  /** What a machine boots that declares no image. */
  readonly providerOf?: (vm: string) => ProviderName;
}

/** Which entries of two layers are the same thing. */
export function keysIn({ dir, home, bases }: Surroundings): Keys {
  const value = <T>(outcome: { readonly value: T } | { readonly fault: string }): T | null =>
    'value' in outcome ? outcome.value : null;
  return {
    ports: (item) => {
      const port = value(parsePort(toJson(item) as string | number | PortObject));
      return port && hostSide(port);
    },
    shares: (item) => {
      const places = { dir: bases.get(item.at.file ?? '') ?? dir, home };
      const share = value(parseShare(toJson(item) as string | ShareObject, places));
      return share && (share.target ?? share.path);
    },
  };
}

/** Reads one file by itself. Null when nothing of it can be used; why is among the findings. */
export function readLayer(file: ConfigText, variables: Variables, findings: Findings): Layer | null {
  const { path, text } = file;
  const first = new Report(new Source(path, text), findings);
  if (text.length > MAX_LENGTH) {
    first.add('error', 'config.too-large', undefined, `${path} is larger than 1 MiB`, 'Is this the right file?');
    return null;
  }
  const { parsed, diagnostics } = parsedOnce(file);
  findings.diagnostics.push(...(findings.unquoted.has(path) ? diagnostics.map(unquoted) : diagnostics));
  if (!parsed || diagnostics.some(({ severity }) => severity === 'error')) return null;
  const report = new Report(new Source(path, text, parsed.spans), findings);
  if (parsed.root.kind !== 'map') {
    reportNoMapping(parsed.root, report);
    return null;
  }
  const replaced = interpolate(parsed.root, variables, report);
  reportNul(replaced, report);
  const sound = validate(replaced, report);
  reportUnsupported(sound, report);
  reportUnset(sound, report);
  if (sound !== replaced && !report.failed) report.error('config.schema', [], 'the file does not satisfy the schema');
  const root = belongingTo(sound, path);
  if (root.kind !== 'map') return null;
  const vms = entry(root, 'vms');
  const defaults = entry(root, 'defaults');
  return {
    root,
    defaults: defaults ? shapeMachine(defaults, report) : null,
    vms: new Map(vms?.kind === 'map' ? [...vms.entries].map(([name, vm]) => [name, shapeMachine(vm, report)]) : []),
    report,
  };
}

interface ParsedOnce {
  readonly parsed: Parsed | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** A project is understood anew whenever another file of it has been read: the text is parsed at the first time alone. */
const PARSED = new WeakMap<ConfigText, ParsedOnce>();

function parsedOnce(file: ConfigText): ParsedOnce {
  const known = PARSED.get(file);
  if (known) return known;
  const report = new Report(new Source(file.path, file.text));
  const made = { parsed: file.parse(file.text, report), diagnostics: report.diagnostics };
  PARSED.set(file, made);
  return made;
}

function reportNoMapping(root: Node, report: Report): void {
  const value = toJson(root);
  const message = value === null ? 'the file is empty' : `the file holds ${quote(value)} where a mapping belongs`;
  report.error('config.empty', [], message, 'The least is `vms: {dev: {}}`.');
}

/** No path, command or name can hold one. */
function reportNul(node: Node, report: Report): void {
  if (node.kind === 'list') node.items.forEach((item) => reportNul(item, report));
  else if (node.kind === 'map') node.entries.forEach((value) => reportNul(value, report));
  else if (typeof node.value === 'string' && node.value.includes('\0')) {
    report.error('config.value', node.at, `${showPath(node.at)}: the text holds a NUL character`, 'Remove it.');
  }
}

/** Gives a file that another one names: null when there is none, or when it cannot be used, which is then said at `by`. */
export type Further = (path: string, by: Node, report: Report) => Layer | null;

/** The same for a machine, which takes part of that file then. */
export type FurtherFor = (vm: string) => Further;

/** The machines of a layer, each over the one that it extends. */
export function extendedMachines(
  layer: Layer,
  around: Surroundings,
  further: FurtherFor,
  keys: Keys,
): ReadonlyMap<string, MapNode> {
  return new Map(
    [...layer.vms].map(([name, vm]) => [name, extended(name, vm, layer, around, further(name), keys, [])]),
  );
}

function extended(
  name: string,
  vm: MapNode,
  layer: Layer,
  around: Surroundings,
  further: Further,
  keys: Keys,
  above: readonly string[],
): MapNode {
  const given = vm.entries.get('extends');
  if (!given) return vm;
  const { report } = layer;
  const own = { ...vm, entries: new Map([...vm.entries].filter(([key]) => key !== 'extends')) };
  const file = entry(given, 'file');
  const wanted = given.kind === 'scalar' ? given : entry(given, 'vm');
  const base = wanted?.kind === 'scalar' ? String(wanted.value) : name;
  const here = layer.root.at.file ?? '';
  const path = file?.kind === 'scalar' ? posix.resolve(baseOf(layer, around), String(file.value)) : here;
  const from = path === here ? layer : further(path, file ?? given, report);
  if (!from) return own;
  const link = `${path} ${base}`;
  const chain = [...above, `${here} ${name}`];
  if (chain.includes(link) || chain.length > MAX_CHAIN) {
    const names = [...chain, link].map((each) => each.slice(each.lastIndexOf(' ') + 1));
    report.error(
      'config.cycle',
      given.at,
      `${showPath(given.at)}: machines extend each other: ${names.join(' → ')}`,
      'Take one of them out.',
    );
    return own;
  }
  const found = from.vms.get(base);
  if (!found) {
    const near = report.quotes(from.root.at) ? closest(base, [...from.vms.keys()]) : undefined;
    const hint = near === undefined ? 'Name a machine under `vms` of that file.' : `Did you mean ${near}?`;
    report.error(
      'config.unknown-machine',
      (wanted ?? given).at,
      `${showPath(given.at)}: there is no machine ${quote(base)}`,
      hint,
    );
    return own;
  }
  return mergeMaps(extended(base, found, from, around, further, keys, chain), own, keys);
}

export const baseOf = ({ root }: Layer, { dir, bases }: Surroundings): string => bases.get(root.at.file ?? '') ?? dir;
