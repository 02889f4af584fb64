/** Provision commands are known by their text: one that has run with success does not run again. */
import { createHash } from 'node:crypto';

export const commandDigest = (command: string): string => createHash('sha256').update(command).digest('hex');
