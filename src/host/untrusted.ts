/** Bytes that came from a guest or a log: made harmless before a terminal sees them. */

/** Terminal sequences that carry text of their own (CSI, OSC, DCS, …): removed whole, so that no `[31m` is left. */
const SEQUENCES =
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|[ -/]*[0-~])/g;

/** Other controls except tab and newline, and the marks that make text read otherwise than it is. */
const CONTROLS = /(?![\t\n])[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** Text without control sequences; `\r\n` becomes a newline, a lone `\r` ends the line too. */
export function sanitise(text: string): string {
  return text.replaceAll(/\r+\n/g, '\n').replaceAll('\r', '\n').replace(SEQUENCES, '').replace(CONTROLS, '');
}
