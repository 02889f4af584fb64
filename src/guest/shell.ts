/** Words of POSIX sh. Pure. */

export const shellQuote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** Builtins of the shell wherever they will do: under emulation each program that starts costs a twentieth of a second. */
export const write = (text: string, path: string): string => `printf %s ${shellQuote(text)} >${path}`;
