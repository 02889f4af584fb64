/** What the launcher (src/launcher.sh) goes by instead of starting Node. Pure. */
import type { ProcessId } from '../../model/machine.ts';
import { shellWord } from '../../qemu/script-quote.ts';

export interface Recipe {
  /** Variables that had a part in it, with their values; null: not set. */
  readonly variables: ReadonlyMap<string, string | null>;
  /** Files and directories that had a part in it. Absolute. */
  readonly unchanged: readonly string[];
  /** QEMU, and where there is one, its gateway. */
  readonly processes: readonly ProcessId[];
  /** The socket of the connection that is shared. */
  readonly socket: string;
  /** Arguments of `ssh` that end with the command for the guest: what stands before the words that are run. */
  readonly argv: readonly string[];
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** More are no project's own: somebody has listed them all. */
const MOST_VARIABLES = 100;

/** Whether a shell can be asked for them. Those that begin with aivm_ are the launcher's own. */
export const canAsk = (names: readonly string[]): boolean =>
  names.length <= MOST_VARIABLES && names.every((name) => NAME.test(name) && !name.startsWith('aivm_'));

/** A variable that is empty is another thing than one that is not set. */
const variable = (name: string, value: string | null): string =>
  `[ "\${${name}+=}\${${name}-}" = ${value === null ? "''" : shellWord(`=${value}`)} ]`;

/** A file for `.` of a shell: fails unless all is as it was; else `connect COMMAND` becomes the ssh. */
export function recipeText({ variables, unchanged, processes, socket, argv }: Recipe): string {
  const conditions = [
    ...[...variables].map(([name, value]) => variable(name, value)),
    `unchanged ${unchanged.map(shellWord).join(' ')}`,
    ...processes.map(({ pid, startTime }) => `alive ${pid} ${startTime}`),
    `[ -S ${shellWord(socket)} ]`,
  ];
  const start = argv.slice(0, -1).map(shellWord);
  return [
    '# What `ai-vm exec` runs from here, if all of this is as it was. Made by ai-vm, and read by its launcher.',
    ...conditions.map((condition) => `${condition} || return 1`),
    `connect() { exec ssh ${start.join(' ')} ${shellWord(argv.at(-1) ?? '')}"$1"; }`,
    '',
  ].join('\n');
}
