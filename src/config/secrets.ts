/** Which values are not printed. Pure. */
import type { Desired } from '../model/desired.ts';

const LOOKS_SECRET = /(^|_)(TOKEN|SECRET|SECRETS|PASSWORD|PASSWD|PASSPHRASE|APIKEY|KEY|CREDENTIALS?|PRIVATE)$/i;

/** What stands in the place of a secret. */
export const HIDDEN = '[hidden]';

/** Shorter ones would be found everywhere. */
export const LEAST = 4;

/** By its name: named by the file, or such as API_TOKEN. */
export const isSecret = (name: string, named: readonly string[]): boolean =>
  named.includes(name) || LOOKS_SECRET.test(name);

/**
 * Replaces the values of secrets in a text, wherever they have got to.
 * @param variables all variables that files could have drawn in
 */
export function redactor(
  desired: Pick<Desired, 'secrets' | 'vms'>,
  variables: Iterable<readonly [name: string, value: string]>,
): (text: string) => string {
  const all = [...variables, ...desired.vms.flatMap((vm) => Object.entries(vm.env))];
  const values = all.flatMap(([name, value]) =>
    isSecret(name, desired.secrets) && value.length >= LEAST ? [value] : [],
  );
  // A secret that begins with another one is hidden whole.
  const sorted = [...new Set(values)].sort((a, b) => b.length - a.length);
  return (text) => sorted.reduce((hidden, value) => hidden.replaceAll(value, HIDDEN), text);
}

/** A file of variables with those of secrets masked, sign for sign: places in it stay what they are. */
export function masked(text: string, named: readonly string[]): string {
  return text.replaceAll(
    /^(\s*(?:export\s+)?([\w.-]+)[^\S\n]*[=:])(.*)$/gm,
    (whole, head: string, name: string, value: string) =>
      isSecret(name, named) ? head + value.replaceAll(/\S/g, '*') : whole,
  );
}

/** Values in a file as it is written: in a list NAME=VALUE, or beside the name; a variable alone tells nothing. */
export function redactWritten<T>(value: T, named: readonly string[]): T {
  if (Array.isArray(value)) return value.map((each: unknown) => redactWritten(each, named)) as T;
  if (typeof value === 'string') {
    const [, name, own] = /^([A-Za-z_]\w*)=(.+)$/s.exec(value) ?? [];
    return (name !== undefined && isSecret(name, named) && tells(own) ? `${name}=${HIDDEN}` : value) as T;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]: [string, unknown]) => [
      key,
      typeof child === 'string' && key === key.toUpperCase() && isSecret(key, named) && tells(child)
        ? HIDDEN
        : redactWritten(child, named),
    ]),
  ) as T;
}

const tells = (text: string | undefined): boolean =>
  text !== undefined && text !== '' && !/^\$(\w+|\{\w+\})$/.test(text);

/** The same for every text within a value of plain JSON; values of short secrets go by their name. */
export function redactAll<T>(value: T, redact: (text: string) => string, named: readonly string[]): T {
  if (typeof value === 'string') return redact(value) as T;
  if (Array.isArray(value)) return value.map((each: unknown) => redactAll(each, redact, named)) as T;
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]: [string, unknown]) =>
      typeof child === 'string' && child !== '' && isSecret(key, named) && key === key.toUpperCase()
        ? [key, HIDDEN]
        : [key, redactAll(child, redact, named)],
    ),
  ) as T;
}
