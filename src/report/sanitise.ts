/**
 * Text that came from a guest, a file or a program may hold bytes that steer a terminal. Everything that is drawn goes
 * through here: the report never sends a control character that it did not choose itself.
 */

/**
 * Controls (C0 without tab and newline, DEL, C1), line and paragraph separators, and the bidirectional marks that make
 * text read otherwise than it is. Lone surrogates are of category Cs.
 */
const UNSAFE = /(?![\t\n])[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** Most text is plain, and the tables behind UNSAFE take their time to load. */
const PLAIN = /^[\n -~]*$/u;

/** Such as `\x1b` or `\u202e`: visible, and still telling what was there. */
function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** Text safe for a terminal: `\r\n` becomes a newline, tabs become spaces, other control characters become visible. */
export function sanitise(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replaceAll('\r\n', '\n').replaceAll('\t', '  ').replace(UNSAFE, visible);
}

/** The same for text that must stay on one line: runs of white space become one space. */
export function sanitiseLine(text: string): string {
  return sanitise(text).replace(/\s+/gu, ' ').trim();
}

/** JSON on one line in which every unsafe character is an escape: the same value for a parser, harmless to a terminal. */
export function safeJson(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE, (c) => `\\u${(c.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
}
