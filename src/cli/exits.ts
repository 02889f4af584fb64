/** What exit codes mean, for the help of a verb. */
import { EXIT } from '../model/errors.ts';
import type { Row } from '../report/help.ts';

const row = (code: number, meaning: string): Row => [String(code), meaning];

/** Of a verb that only looks, with what its success means. */
export const reads = (done = 'done'): Row[] => [
  row(EXIT.ok, done),
  row(EXIT.failed, 'failed'),
  row(EXIT.usage, 'wrong usage: an option, or the name of a machine'),
  row(EXIT.config, 'the file is not sound, or there is none'),
  row(EXIT.interrupted, 'interrupted'),
];

/** Of a verb that changes something. */
export const changes = (done = 'done'): Row[] => {
  const [ok, failed, usage, config, interrupted] = reads(done);
  const host = row(EXIT.host, 'this host lacks something: ai-vm doctor');
  const locked = row(EXIT.locked, 'another command works on the project');
  return [ok!, failed!, usage!, config!, host, locked, interrupted!];
};

/** Of a verb that ends with what ran in the guest. */
export const passes = (what: string): Row[] => [
  ['any', `that of ${what}`],
  ['255', 'ssh could not connect'],
  ...changes().slice(1),
];

/** Of any verb, for the help of the program. */
export const ALL_EXITS: readonly Row[] = [
  row(EXIT.ok, 'ok'),
  row(EXIT.failed, 'failed'),
  row(EXIT.pending, 'of plan --detailed-exitcode: changes are pending'),
  ...changes().slice(2),
];
