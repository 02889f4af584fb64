import { makeStyle, wantsColor, wantsUnicode, type Style } from '../report/style.ts';
import type { Io } from './io.ts';

/** How results on stdout are drawn. */
export const styleOf = (io: Io): Style => makeStyle(wantsColor(io.env, io.stdout.isTTY), wantsUnicode(io.env));

/** Columns of the terminal; a pipe has no width to keep to. */
export const widthOf = (io: Io): number => (io.stdout.isTTY ? io.stdout.columns : Infinity);

/** What a person types to run this program: started by `npm run up` or npx, it is not on their PATH. */
export const commandOf = (io: Io): string => (io.env['npm_command'] === undefined ? 'ai-vm' : 'npx ai-vm');
