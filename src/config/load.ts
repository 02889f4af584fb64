import { posix } from 'node:path';
import type { BorrowedFile, Desired, ProviderName } from '../model/desired.ts';
import { ConfigError, type Diagnostic, type Position } from '../model/errors.ts';
import { DotenvError, parseDotenv, type Dotenv } from './dotenv.ts';
import { variablesOf, variablesOver, type Env, type Variables } from './environment.ts';
import { includedFiles, isRemote, type Included } from './include.ts';
import {
  extendedMachines,
  keysIn,
  readLayer,
  type ConfigText,
  type FurtherFor,
  type Layer,
  type Surroundings,
} from './layers.ts';
import { mergeMaps, unsetOf } from './merge.ts';
import { CHAIN, NamedFiles, type Further } from './named-files.ts';
import { identityOf, normalize } from './normalize.ts';
import type { Overrides } from './settings.ts';
import type { NamedVariable } from './template.ts';
import { shapeMachine } from './shape.ts';
import { names } from './machine.ts';
import { declaredNetworks } from './networks.ts';
import { maskedLines, maskedText, type Written } from './mask.ts';
import { masked, redactor } from './secrets.ts';
import { Findings, Report, Source } from './source.ts';
import { belongingTo, entry, showPath, toJson, type MapNode, type Node } from './tree.ts';
import { UNQUOTED } from './unquoted.ts';
import { reportUnsupportedFields } from './unsupported.ts';
import { isVariable } from './variables.ts';

export type { ConfigText } from './layers.ts';

/** A file of variables. */
export interface VariablesText {
  readonly path: string;
  readonly text: string;
}

export interface LoadInput {
  /** The main one first; each of the others lies over those before it. Never empty. */
  readonly files: readonly ConfigText[];
  /** Real path of the project's directory. */
  readonly dir: string;
  /** The environment that variables are taken from. It beats `variables`. */
  readonly env: Env;
  /** `.env` and such; a later one beats an earlier one. */
  readonly variables?: readonly VariablesText[];
  /** What `~` stands for. */
  readonly home: string;
  /** Beats the file's own `name`. */
  readonly projectName?: string;
  /** Flags: they beat the machines' own fields. */
  readonly over?: Overrides | undefined;
  /** What a machine boots that declares no image; not there: Debian. */
  readonly providerOf?: ((vm: string) => ProviderName) | undefined;
  /** What files name: absolute path → the file; null when there is none. What is missing in here is asked for by FilesNeeded. */
  readonly further?: Further;
  /** Files outside of the project may be named, and are among `borrowed`. Otherwise each is a fault. */
  readonly outside?: boolean;
}

export interface Loaded {
  readonly desired: Desired;
  /** Machines that declare no image. */
  readonly imageless: readonly string[];
  readonly warnings: readonly Diagnostic[];
  /** Files that would have taken part if they existed, of those that are named by others or lie beside them. Absolute. */
  readonly candidates: readonly string[];
  /** Variables that the files name, sorted. */
  readonly variables: readonly UsedVariable[];
  /** All that a variable could be. */
  readonly environment: () => ReadonlyMap<string, string>;
  /** The files laid over each other, with their variables as they are written: plain JSON. */
  readonly merged: () => unknown;
  /** File → its text as messages may quote it. */
  readonly texts: () => ReadonlyMap<string, string>;
  /** Where each value comes from, in the order of the machines; what is not here is a default. */
  readonly origins: () => readonly Origin[];
}

export interface UsedVariable extends NamedVariable {
  /** Undefined: not set. */
  readonly value: string | undefined;
  readonly from: 'environment' | 'file' | null;
}

export interface Origin {
  /** Such as `vms.web.ports[0]`. */
  readonly field: string;
  readonly value: string | number | boolean | null;
  readonly place: Position | undefined;
  /** The text with variables that the value was made from. */
  readonly template?: string;
}

/** Files have to be read before more can be said. */
export class FilesNeeded extends Error {
  /** Absolute, or files of git repositories. */
  readonly paths: readonly string[];
  /** What is known of the project already. */
  readonly project: Pick<Desired, 'name' | 'location'>;
  constructor(paths: readonly string[], project: Pick<Desired, 'name' | 'location'>) {
    super(`needs ${paths.join(', ')}`);
    this.paths = paths;
    this.project = project;
  }
}

/**
 * The files' text as Desired. Pure.
 * @throws ConfigError with all that is wrong, each with its place; FilesNeeded
 */
export function loadConfig(input: LoadInput): Loaded {
  return new Loading(input).load();
}

const MAX_DEPTH = 16;

/** A file that machines come by, and how. */
type Taken = readonly [file: ConfigText, as: BorrowedFile['as']];

class Loading {
  readonly #input: LoadInput;
  readonly #findings = new Findings();
  readonly #named: NamedFiles;
  readonly #layers = new Map<string, Layer | null>();
  /** Files of variables: what is quoted of them hides secrets. */
  readonly #ofVariables = new Set<string>();
  readonly #read = new Set<Layer>();
  /** Networks that included files declare. */
  readonly #networks = new Set<string>();
  #values: (name: string) => string | undefined = () => undefined;
  readonly #bases = new Map<string, string>();
  readonly #variablesOf = new Map<string, Variables>();

  constructor(input: LoadInput) {
    this.#input = input;
    const { dir, further = new Map<string, ConfigText | null>(), outside = false } = input;
    this.#named = new NamedFiles({ dir, further, outside }, this.#findings);
  }

  load(): Loaded {
    const { files, env, variables = [] } = this.#input;
    const all = variablesOf(env, this.#files(variables));
    this.#values = (name) => all.get(name)?.value;
    const layers = files.map((file) => this.#layer(file, all)).filter((layer) => layer !== null);
    const main = layers[0];
    if (!main || layers.length < files.length) throw this.#error();
    const keys = keysIn(this.#around);
    const merged = layers
      .map((layer) => this.#project(layer, all))
      .reduce((lower, upper) => mergeMaps(lower, upper, keys));
    const included = layers.map((layer) => this.#included(layer, all, []));
    if (this.#named.needed.length > 0) {
      throw new FilesNeeded(this.#named.needed, identityOf(merged, this.#surroundings(), main.report));
    }
    const { report } = main;
    const machines = this.#withFlags(this.#withIncluded(merged, layers, included, report));
    const borrowed = this.#named.borrowed(machines.keys());
    const networks = new Set([...declaredNetworks(merged), ...this.#networks]);
    const whole = { root: merged, machines, networks, variables: all, borrowed };
    const { desired, imageless } = normalize(whole, this.#surroundings(), report);
    if (report.failed) throw this.#error();
    return {
      ...{ desired, imageless, warnings: this.#inOrder(), variables: this.#usedVariables(all) },
      candidates: this.#named.missing,
      environment: () => new Map(all.names().flatMap((name) => [[name, all.get(name)?.value ?? '']] as const)),
      merged: () => this.#raw(),
      texts: this.#texts,
      origins: () => originsOf(machines, report),
    };
  }

  get #around(): Surroundings {
    const { dir, home, providerOf } = this.#input;
    return { dir, home, bases: this.#bases, variablesOf: this.#variablesOf, ...(providerOf && { providerOf }) };
  }

  #surroundings() {
    const { files, projectName } = this.#input;
    return {
      ...this.#around,
      files: [...new Set([...files.map(({ path }) => path), ...this.#named.used])],
      projectName,
    };
  }

  #usedVariables({ get }: Variables): UsedVariable[] {
    const { env } = this.#input;
    return [...this.#findings.variables]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { required, otherwise }]) => {
        const value = get(name)?.value;
        const own = Object.hasOwn(env, name) && env[name] !== undefined;
        return { name, required, otherwise, value, from: value === undefined ? null : own ? 'environment' : 'file' };
      });
  }

  #raw(): unknown {
    const roots = this.#input.files.flatMap(({ path, text, parse }) => {
      const root = parse(text, new Report(new Source(path, text)))?.root;
      return root?.kind === 'map' ? [root] : [];
    });
    return toJson(roots.reduce((lower, upper) => mergeMaps(lower, upper, keysIn(this.#around))));
  }

  #texts = (): Map<string, string> => {
    const named = this.#secrets();
    const secrets = this.#written(named);
    const shown = (path: string, source: Source): string => {
      const own = source.secrets(named);
      const text = this.#ofVariables.has(path)
        ? masked(source.text, named)
        : own
          ? source.text
          : maskedLines(source.text, named);
      return maskedText(text, own ?? [], secrets);
    };
    const quoted = [...this.#findings.sources].filter(([path]) => !this.#findings.unquoted.has(path));
    return new Map(quoted.map(([path, source]) => [path, shown(path, source)]));
  };

  /** Secrets that files say themselves. */
  #written(named: readonly string[]): Written[] {
    return [...this.#findings.sources.values()].flatMap((source) => source.secrets(named) ?? []);
  }

  /** Names of secrets, as far as the files could be read. */
  #secrets(): string[] {
    return [...this.#read].flatMap(({ root }) => names(entry(root, 'secrets')));
  }

  /** Messages say what a value is: not those of secrets. */
  #hiding(): (text: string) => string {
    const named = this.#secrets();
    const values = [...this.#findings.variables.keys()].map((name) => [name, this.#values(name) ?? ''] as const);
    const own = this.#written(named).map(({ name, value }) => [name, value] as const);
    return redactor({ secrets: named, vms: [] }, [...values, ...own]);
  }

  #error = (): ConfigError => new ConfigError(this.#inOrder(), this.#texts(), this.#named.asked);

  /** As the files have them, each once: the same fault of `defaults` comes up for each machine. */
  #inOrder(): Diagnostic[] {
    // What a file without faults says never has to be found.
    if (this.#findings.diagnostics.length === 0) return [];
    const files = [...this.#findings.sources.keys()];
    const rank = ({ position }: Diagnostic): number => (position ? files.indexOf(position.file) : -1);
    const hide = this.#hiding();
    const diagnostics = this.#findings.diagnostics.map((each) => ({ ...each, message: hide(each.message) }));
    const distinct = new Map(
      diagnostics.map((d) => [`${d.code} ${d.position?.file} ${d.position?.offset ?? ''} ${d.message}`, d]),
    );
    return [...distinct.values()].sort(
      (a, b) => rank(a) - rank(b) || (a.position?.offset ?? 0) - (b.position?.offset ?? 0),
    );
  }

  /** A later file sees what the earlier ones say. What is not in the project is the host's, whoever has named it. */
  #files(files: readonly VariablesText[]): Dotenv[] {
    const read: Dotenv[] = [];
    for (const file of files) {
      const outside = this.#named.isOutside(file.path);
      if (outside) this.#findings.unquoted.add(file.path);
      const found = this.#variables(file, variablesOf(this.#input.env, read));
      read.push(outside ? new Map([...found].map(([name, each]) => [name, { ...each, drawn: [name] }])) : found);
    }
    return read;
  }

  #variables({ path, text }: VariablesText, below: Variables = variablesOf(this.#input.env)): Dotenv {
    this.#ofVariables.add(path);
    try {
      const found = parseDotenv(text, (name) => below.get(name)?.value);
      const host = (names: readonly string[]): string[] => names.flatMap((name) => below.get(name)?.drawn ?? []);
      return new Map([...found].map(([name, each]) => [name, { ...each, drawn: [...new Set(host(each.drawn))] }]));
    } catch (error) {
      if (!(error instanceof DotenvError)) throw error;
      const { offset, length, hint } = error;
      const report = new Report(new Source(path, text), this.#findings);
      const place = report.source.position({ start: offset, end: offset + length });
      report.add('error', 'config.syntax', place, error.message.replace(/^line \d+: /, ''), hint);
      return new Map();
    }
  }

  #layer(file: ConfigText, variables: Variables): Layer | null {
    const layer = readLayer(file, variables, this.#findings);
    if (layer) this.#read.add(layer);
    return layer;
  }

  /** What is extended from another file counts its paths from there. */
  #further(variables: Variables, vm: string) {
    return (path: string, by: Node, report: Report): Layer | null => {
      const file = this.#named.get(path, by, report);
      if (!file) return null;
      this.#named.take(vm, file, 'extends');
      if (!this.#layers.has(path)) {
        this.#bases.set(path, posix.dirname(path));
        this.#layers.set(path, this.#layer(file, variables));
      }
      return this.#layers.get(path) ?? null;
    };
  }

  /** A layer with its machines as they are once they have what they extend, and the variables of their files. */
  #project(layer: Layer, variables: Variables): MapNode {
    const further: FurtherFor = (vm) => this.#further(variables, vm);
    const machines = extendedMachines(layer, this.#around, further, keysIn(this.#around));
    const vms: [string, Node][] = [...machines].map(([name, vm]) => [
      name,
      this.#withEnvFiles(vm, layer.report, [name]),
    ]);
    // What `defaults` of the project says is for all machines, whether there are more of them tomorrow or not.
    const all = this.#bases.has(layer.root.at.file ?? '') ? [...machines.keys()] : ['*'];
    const entries = new Map(layer.root.entries);
    const given = entries.get('vms');
    if (given) entries.set('vms', { kind: 'map', at: given.at, entries: new Map(vms) });
    if (layer.defaults) entries.set('defaults', this.#withEnvFiles(layer.defaults, layer.report, all));
    return { ...layer.root, entries };
  }

  /** `env` over the variables of the files in `env_file`, of which a later one beats an earlier one. */
  #withEnvFiles(vm: MapNode, report: Report, takers: readonly string[]): MapNode {
    const given = vm.entries.get('env_file');
    if (!given) return vm;
    const list = given.kind === 'list' ? given.items : [given];
    const env = new Map<string, Node>();
    for (const item of list) {
      if (item.kind !== 'scalar') continue;
      const base = this.#bases.get(item.at.file ?? '') ?? this.#input.dir;
      const file = this.#named.get(posix.resolve(base, String(item.value)), item, report);
      if (!file) continue;
      for (const taker of takers) this.#named.take(taker, file, 'env_file');
      for (const [name, { value, drawn }] of this.#variables(file)) {
        if (file.outside && !isVariable(name)) {
          const message = `${showPath(item.at)}: what this file sets is not all variables of an environment`;
          report.error('config.name', item.at, message, UNQUOTED);
          continue;
        }
        env.set(name, { kind: 'scalar', at: item.at, value, ...(drawn.length > 0 && { drawn }) });
      }
    }
    const own = vm.entries.get('env');
    if (own?.kind === 'map') for (const [name, value] of own.entries) env.set(name, value);
    const entries = new Map([...vm.entries].filter(([key]) => key !== 'env_file'));
    return { ...vm, entries: entries.set('env', { kind: 'map', at: own?.at ?? given.at, entries: env }) };
  }

  /** Flags are one more layer, whose source is the command line. */
  #withFlags(machines: ReadonlyMap<string, MapNode>): ReadonlyMap<string, MapNode> {
    const { over } = this.#input;
    if (!over) return machines;
    const report = new Report(over.source, this.#findings);
    over.check(report);
    const given = belongingTo(over.fields, over.source.path);
    reportUnsupportedFields(given, report);
    const fields = shapeMachine(given, report);
    const isFor = (name: string): boolean => over.vms.length === 0 || over.vms.includes(name);
    return new Map(
      [...machines].map(([name, vm]) => [name, isFor(name) ? mergeMaps(vm, fields, keysIn(this.#around)) : vm]),
    );
  }

  /** Machines of the files that a layer includes: with their own variables, paths and defaults. */
  #included(layer: Layer, variables: Variables, above: readonly string[], through: readonly Taken[] = []): Included[] {
    const here = layer.root.at.file ?? '';
    const base = this.#bases.get(here) ?? this.#input.dir;
    return includedFiles(entry(layer.root, 'include'), base, layer.report).flatMap(({ path, node }) => {
      if ([...above, here].includes(path)) {
        const show = (each: string): string => (isRemote(each) ? each : posix.relative(this.#input.dir, each));
        const names = [...above, here, path].map(show);
        layer.report.error(
          'config.cycle',
          node.at,
          `${showPath(node.at)}: files include each other: ${names.join(' → ')}`,
          'Take one of them out.',
        );
        return [];
      }
      if (above.length >= MAX_DEPTH) {
        const message = `${showPath(node.at)}: files include each other more than ${MAX_DEPTH} deep`;
        layer.report.error('config.limit', node.at, message, CHAIN);
        return [];
      }
      const file = this.#named.get(path, node, layer.report);
      if (!file) return [];
      // What comes from a repository has no place on this host.
      const dir = isRemote(path) ? this.#input.dir : posix.dirname(path);
      this.#bases.set(path, dir);
      const beside = isRemote(path) ? null : this.#named.beside(`${dir}/.env`);
      const own = variablesOver(variables, variablesOf({}, beside ? [this.#variables(beside)] : []));
      const taken: Taken[] = [...through, [file, 'include'], ...(beside ? [[beside, 'variables'] as const] : [])];
      this.#variablesOf.set(path, own);
      const inner = this.#layer(file, own);
      if (!inner) return [];
      const project = this.#project(inner, own);
      for (const name of declaredNetworks(project)) this.#networks.add(name);
      const vms = entry(project, 'vms');
      const machines = (vms?.kind === 'map' ? [...vms.entries] : []).map(([name, vm]): Included => ({
        name,
        node,
        vm: this.#overDefaults(project, vm),
      }));
      for (const { name } of machines) for (const [each, as] of taken) this.#named.take(name, each, as);
      return [...machines, ...this.#included(inner, own, [...above, here], taken)];
    });
  }

  #overDefaults(project: MapNode, vm: Node): MapNode {
    const own = asMap(vm);
    const defaults = entry(project, 'defaults');
    return defaults?.kind === 'map' ? mergeMaps(defaults, own, keysIn(this.#around)) : own;
  }

  /**
   * What a file includes is as if it stood in that file: it cannot be declared there or below too, and the files above may change it.
   * @param included by each of the layers
   */
  #withIncluded(
    merged: MapNode,
    layers: readonly Layer[],
    included: readonly (readonly Included[])[],
    report: Report,
  ): Map<string, MapNode> {
    const own = machinesIn(merged);
    const gone = new Set(unsetOf(merged));
    const machines = new Map<string, MapNode>();
    const all = included.flatMap((list, level) => list.map((each) => ({ ...each, level })));
    for (const { name, vm, node, level } of all) {
      if (gone.has(`vms.${name}`)) continue;
      if (machines.has(name) || layers.slice(0, level + 1).some(({ vms }) => vms.has(name))) {
        report.error(
          'config.duplicate',
          node.at,
          `${showPath(node.at)}: it declares a machine ${name}, and there is one already`,
          'Rename one of the two; a file over this one may change it.',
        );
        continue;
      }
      const over = own.get(name);
      machines.set(name, over ? mergeMaps(vm, asMap(over), keysIn(this.#around)) : vm);
    }
    const rest = [...own].filter(([name]) => !machines.has(name));
    return new Map([...rest.map(([name, vm]) => [name, this.#overDefaults(merged, vm)] as const), ...machines]);
  }
}

const asMap = (vm: Node): MapNode => (vm.kind === 'map' ? vm : { kind: 'map', at: vm.at, entries: new Map() });

function machinesIn(root: MapNode): ReadonlyMap<string, Node> {
  const vms = entry(root, 'vms');
  return vms?.kind === 'map' ? vms.entries : new Map<string, Node>();
}

function originsOf(machines: ReadonlyMap<string, MapNode>, report: Report): Origin[] {
  const visit = (node: Node, field: string): Origin[] => {
    if (node.kind === 'list') return node.items.flatMap((item, n) => visit(item, `${field}[${n}]`));
    if (node.kind === 'map') {
      return [...node.entries].flatMap(([key, child]) => visit(child, `${field}.${showPath([key])}`));
    }
    const template = node.template === undefined ? {} : { template: node.template };
    return [{ field, value: node.value, place: report.locate(node.at), ...template }];
  };
  return [...machines].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([name, vm]) => visit(vm, `vms.${name}`));
}
