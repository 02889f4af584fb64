/** A configuration as a person would begin one: the fields that matter, each with a word about it. Pure. */
import { USUAL_SCREEN } from './desktop.ts';
import { posix } from 'node:path';
import type { ShareConfig, VmConfig } from '../model/desired.ts';
import { printPort } from './ports.ts';
import { placeShares, type DeclaredShare, type Places } from './shares.ts';
import { MAX_CPUS, MEMORY_LIMITS, STORAGE_LIMITS, printSize, type SizeLimits } from './sizes.ts';

export type Value = string | number | boolean | readonly Value[] | { readonly [key: string]: Value };

/** A field of a machine. Without a value it is shown as a comment, by its example. */
export interface NewField {
  readonly key: string;
  readonly value: Value | undefined;
  readonly example: Value;
  readonly note: string;
}

export interface NewMachine {
  readonly name: string;
  readonly fields: readonly NewField[];
}

/** What the writers of both languages write. */
export interface NewFile {
  /** Where editors find the schema. */
  readonly schema: string;
  readonly head: readonly string[];
  /** The project's name, where the directory's would not do. */
  readonly name: string | undefined;
  readonly machines: readonly NewMachine[];
}

export interface Beginning {
  readonly schema: string;
  readonly name: string | undefined;
  readonly vms: readonly VmConfig[];
  /** `dir` is that of the file. */
  readonly places: Places;
}

const HEAD = [
  'The virtual machines of this project. `ai-vm up` makes them what it says here, and changes them while they run;',
  '`ai-vm plan` shows what that would be. Every field is explained in docs/config.md of ai-vm.',
];

/** @returns what to write; it loads to these very machines */
export function newFile({ schema, name, vms, places }: Beginning): NewFile {
  const machines = vms.map((vm) => ({ name: vm.name, fields: fieldsOf(vm, places) }));
  return { schema, head: HEAD, name: name && escape(name), machines };
}

const limits = ({ min, max }: SizeLimits): string => `${printSize(min)} to ${printSize(max)}`;

/** The list, or nothing when it is empty. */
const some = (list: readonly Value[]): readonly Value[] | undefined => (list.length > 0 ? list : undefined);

function fieldsOf(vm: VmConfig, places: Places): NewField[] {
  const agents = vm.agents.map(({ name, shareAuth }) => (shareAuth ? { [name]: { share_auth: true } } : name));
  const field = (key: string, value: Value | undefined, example: Value, note: string): NewField => ({
    ...{ key, value, example, note },
  });
  return [
    field('cpus', vm.cpus, 2, `1 to ${MAX_CPUS}`),
    field('memory', printSize(vm.memory), '8GiB', limits(MEMORY_LIMITS)),
    field('storage', printSize(vm.storage), '50GiB', `${limits(STORAGE_LIMITS)}; only what is written takes room`),
    field(
      'shares',
      some(sharesOf(vm.shares, places)),
      ['.'],
      'HOST[:GUEST][:ro], at /mnt/host-rw/NAME or /mnt/host-ro/NAME',
    ),
    field('ports', some(vm.ports.map(printPort)), ['3001'], 'HOST:GUEST, or one number for both; for this host alone'),
    field(
      'packages',
      some(vm.image.packages),
      ['nodejs', 'ripgrep'],
      vm.image.provider === 'nixos' ? 'of nixpkgs' : 'of Debian',
    ),
    field('agents', some(agents), ['claude'], 'coding agents; `ai-vm claude` starts this one'),
    field('overlay', vm.overlay || undefined, true, 'a clean state at every boot'),
    field('audio', audioOf(vm), true, 'speakers and microphone of this host, after `ai-vm approve`'),
    field('desktop', desktopOf(vm), true, 'a screen with a desktop; `ai-vm view` shows it'),
    field('nested', vm.nested ? undefined : false, false, 'no machines inside of this one'),
  ];
}

function desktopOf({ desktop }: VmConfig): Value | undefined {
  if (desktop === false) return undefined;
  const { width, height } = desktop;
  return width === USUAL_SCREEN.width && height === USUAL_SCREEN.height ? true : { resolution: `${width}x${height}` };
}

function audioOf({ audio }: VmConfig): Value | undefined {
  if (audio === false) return undefined;
  if (audio.driver === 'pa') return true;
  return { driver: audio.driver, ...(audio.path !== null && { path: escape(audio.path) }) };
}

/** In the short form where there is one; mount points only where they would not be found without. */
function sharesOf(shares: readonly ShareConfig[], places: Places): Value[] {
  const found = placeShares(shares.map((share) => ({ ...share, target: null })));
  const short = shares.map((share, index): DeclaredShare => {
    return found[index]!.target === share.target ? { ...share, target: null } : share;
  });
  const same = placeShares(short).every((share, index) => share.target === shares[index]!.target);
  return (same ? short : shares).map((share) => shareOf(share, places));
}

function shareOf({ path, target, mode, driver, allowSensitive }: DeclaredShare, places: Places): Value {
  const shown = escape(shortPath(path, places));
  const to = target === null ? null : escape(target);
  if (driver === 'auto' && !allowSensitive && !/[:\n]/.test(shown) && !(to ?? '').includes(':'))
    return `${shown}${to === null ? '' : `:${to}`}${mode === 'ro' ? ':ro' : ''}`;
  return {
    path: shown,
    ...(to !== null && { target: to }),
    mode,
    ...(driver !== 'auto' && { driver }),
    ...(allowSensitive && { allow_sensitive: true }),
  };
}

/** From the file, or from the home directory, where it is near: others have that too. */
function shortPath(path: string, { dir, home }: Places): string {
  const within = (above: string): string | null =>
    above !== '/' && (path === above || path.startsWith(`${above}/`)) ? posix.relative(above, path) : null;
  const own = within(dir);
  if (own !== null) return own === '' ? '.' : `./${own}`;
  const below = within(home);
  if (below !== null && below !== '') return `~/${below}`;
  const beside = within(posix.dirname(dir));
  return beside === null || beside === '' ? path : `../${beside}`;
}

/** A dollar sign would begin a variable. */
const escape = (text: string): string => text.replaceAll('$', '$$$$');
