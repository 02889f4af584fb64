/** `config`: the file as it was understood. */
import { printConfig } from '../config/print.ts';
import { requireDesired, type Context } from './context.ts';

/** Every default written out, variables replaced, paths absolute; it parses to the same again. */
export const normalized = (context: Context, format: 'yaml' | 'json'): string =>
  printConfig(requireDesired(context), format);
