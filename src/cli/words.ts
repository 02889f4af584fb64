/** Where the verb stands among the words of a command line. */

/** Short forms that stand before the verb, where some verbs have short ones of their own. */
const BEFORE: Readonly<Record<string, string>> = { '-f': '--file', '-p': '--project-name' };

const WITH_VALUE = new Set([
  ...['-f', '--file', '--progress', '--env-file', '--profile', '--project-name', '-C', '--directory', '-p'],
]);

/** Whether an option is one of those that every verb takes. */
export const isGlobal = (option: string): boolean =>
  WITH_VALUE.has(option.replace(/=.*/, '')) || option === '--verbose';

/** Global options may come before the verb. */
export function splitVerb(argv: readonly string[]): { name: string | undefined; rest: string[] } {
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index]!;
    if (!word.startsWith('-')) {
      const before = argv.slice(0, index).map((option) => (Object.hasOwn(BEFORE, option) ? BEFORE[option]! : option));
      return { name: word, rest: [...before, ...argv.slice(index + 1)] };
    }
    if (WITH_VALUE.has(word)) index += 1;
  }
  return { name: undefined, rest: [...argv] };
}
