/** An argument vector → one command string for a login shell of the guest, whichever it is. Pure. */
import { AiVmError } from '../model/errors.ts';

/** Text that no shell reads as anything but itself. */
const PLAIN = /^[A-Za-z0-9_/.:@%+-]+$/;

/**
 * Quotes so that POSIX shells and fish both give back the arguments byte for byte.
 * fish alone takes a backslash in single quotes for an escape, so backslashes and single quotes stand in double quotes.
 * Rejects a NUL with `usage`: no process can be given one.
 */
export function quoteCommand(argv: readonly string[]): string {
  return argv.map(quote).join(' ');
}

function quote(argument: string): string {
  if (argument.includes('\0')) throw new AiVmError('usage', 'an argument holds a NUL character');
  if (PLAIN.test(argument)) return argument;
  if (argument === '') return "''";
  return argument
    .split(/([\\']+)/)
    .map((part, index) => (part === '' ? '' : index % 2 === 0 ? `'${part}'` : doubleQuote(part)))
    .join('');
}

/** For runs of backslashes and single quotes only. */
function doubleQuote(run: string): string {
  return `"${run.replaceAll('\\', '\\\\')}"`;
}
