/** How many columns of a terminal a text takes, and cutting it to fit. Colour sequences take none. */

/** Select Graphic Rendition only: the one kind of sequence that the report itself puts into text. */
const SGR = new RegExp(`(${String.fromCharCode(27)}\\[[0-9;]*m)`, 'u');
const INVISIBLE = /^[\p{Mark}\p{Cf}]+$/u;
const WIDE =
  /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\ufe0f/u;

/** Made at the first text that needs it: its tables take 20 ms to load. */
let segmenter: Intl.Segmenter | undefined;
const segments = (text: string): Intl.Segments =>
  (segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })).segment(text);

function* pieces(text: string): Generator<{ text: string; width: number }> {
  for (const [index, part] of text.split(SGR).entries()) {
    if (index % 2 === 1) yield { text: part, width: 0 };
    else if (/^[ -~]*$/u.test(part)) for (const character of part) yield { text: character, width: 1 };
    else {
      for (const { segment } of segments(part)) {
        yield { text: segment, width: INVISIBLE.test(segment) ? 0 : WIDE.test(segment) ? 2 : 1 };
      }
    }
  }
}

/** Columns that `text` takes; it must be one line. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const piece of pieces(text)) width += piece.width;
  return width;
}

/** `text` in at most `columns` columns, ending in `ellipsis` when it was cut. Colours that were begun are still ended. */
export function truncate(text: string, columns: number, ellipsis = '…'): string {
  if (displayWidth(text) <= columns) return text;
  const mark = displayWidth(ellipsis) <= columns ? ellipsis : '';
  const room = Math.max(0, columns - displayWidth(mark));
  let result = '';
  let used = 0;
  let cut = false;
  for (const piece of pieces(text)) {
    if (piece.width > 0 && !cut && used + piece.width > room) {
      result += mark;
      cut = true;
    }
    if (!cut || (piece.width === 0 && piece.text.startsWith('\u001b'))) {
      result += piece.text;
      used += piece.width;
    }
  }
  return result;
}

/** `text` with spaces after it, up to `columns` columns. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - displayWidth(text)));
}

/** `text`, which has no colours, on lines of at most `columns` columns: broken at spaces, within a word only when it must. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  let used = 0;
  const next = (): void => {
    lines.push(line.trimEnd());
    line = '';
    used = 0;
  };
  for (const word of text.match(/\s+|\S+/gu) ?? []) {
    const space = word.trim() === '';
    const width = displayWidth(word);
    if (space && used === 0) continue;
    if (used > 0 && used + width > columns) next();
    if (space && used === 0) continue;
    for (const piece of pieces(word)) {
      if (used > 0 && used + piece.width > columns) next();
      line += piece.text;
      used += piece.width;
    }
  }
  if (line !== '' || lines.length === 0) next();
  return lines;
}
