/** What is said of a file whose text must not show: where a fault is and of what kind, in words that are the same for every file. */
import type { Diagnostic } from '../model/errors.ts';

const SAID: Readonly<Record<string, string>> = {
  'config.cycle': 'this leads back to itself',
  'config.duplicate': 'this is there already',
  'config.empty': 'a mapping belongs here',
  'config.interpolation': 'this is no variable',
  'config.limit': 'this is outside of its limits',
  'config.name': 'this is no name',
  'config.no-file': 'this names a file that is not there',
  'config.outside': 'this names a file that it cannot name',
  'config.syntax': 'this cannot be understood',
  'config.type': 'this is of another kind than belongs here',
  'config.unknown-key': 'there is no such key',
  'config.unknown-machine': 'there is no such machine',
  'config.unknown-network': 'there is no such network',
  'config.unset-variable': 'a variable that is named here is not set',
  'config.unsupported': 'this is not supported in this version',
  'config.value': 'this is no value for it',
  'config.variable': 'a variable that has to be set is not',
};

/** Why so little is said. */
export const UNQUOTED = 'The file is not of the project, so nothing of it is shown: look there yourself.';

export const unquoted = ({ code, severity, position }: Diagnostic): Diagnostic => ({
  ...{ code, severity, position },
  message: SAID[code] ?? 'something is wrong here',
  hint: UNQUOTED,
});
