/** How data stands in a POSIX shell script without ever being read as code. Pure. */

/** One word, byte for byte: single quotes, and `'\''` for a single quote. NUL cannot be an argument and is refused. */
export function shellWord(text: string): string {
  if (text.includes('\0')) throw new TypeError('a NUL byte cannot be part of an argument');
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * What a line of a script, a terminal or an editor could take for more than text: controls, line and paragraph
 * separators, and the marks that turn the direction of writing round.
 */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** Text for a comment: it stays on its line, whatever it holds. */
export function commentText(text: string): string {
  return text.replace(UNSAFE, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
}
