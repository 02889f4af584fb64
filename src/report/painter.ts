/**
 * The live part of a terminal: some lines that are drawn over and over in place. Only lines that changed are rewritten,
 * each erased after its text and not before, all in one write: nothing flickers.
 */
import { displayWidth, truncate } from './width.ts';

export interface Screen {
  write(text: string): void;
  /** Read at each paint, so that a resize is followed. */
  columns(): number;
  rows(): number;
}

const ESC = '\u001b[';
const HIDE_CURSOR = `${ESC}?25l`;
const SHOW_CURSOR = `${ESC}?25h`;
const ERASE_LINE_END = `${ESC}K`;
const ERASE_BELOW = `${ESC}J`;

export class Painter {
  readonly #screen: Screen;
  readonly #ellipsis: string;
  #lines: readonly string[] = [];
  #columns = 0;
  #hidden = false;

  constructor(screen: Screen, ellipsis: string) {
    this.#screen = screen;
    this.#ellipsis = ellipsis;
  }

  /** Draws `lines` in place of what was drawn before. What does not fit the height is left out at the top. */
  paint(lines: readonly string[]): void {
    const columns = this.#screen.columns();
    const room = Math.max(1, this.#screen.rows() - 1);
    // The last column stays free: a terminal that has filled it may already have wrapped.
    const next = lines.slice(-room).map((line) => truncate(line, Math.max(1, columns - 1), this.#ellipsis));
    const resized = columns !== this.#columns;
    if (!resized && next.length === this.#lines.length && next.every((line, index) => line === this.#lines[index]))
      return;
    let out = this.#hidden ? '' : HIDE_CURSOR;
    this.#hidden = true;
    if (resized) out += this.#wipe(columns);
    else out += this.#up(this.#lines.length);
    for (const [index, line] of next.entries()) {
      out += !resized && line === this.#lines[index] ? '\n' : `${line}${ERASE_LINE_END}\n`;
    }
    if (!resized && next.length < this.#lines.length) out += ERASE_BELOW;
    this.#screen.write(out);
    this.#lines = next;
    this.#columns = columns;
  }

  /** Prints lines that stay, above the live part. */
  log(text: string): void {
    const live = this.#lines;
    this.#screen.write(`${this.#wipe(this.#screen.columns())}${text}\n${live.map((line) => `${line}\n`).join('')}`);
    this.#lines = live;
    this.#columns = this.#screen.columns();
  }

  /** Replaces the live part by `lines` in full, which stay, and gives the cursor back. */
  finish(lines: readonly string[]): void {
    const out = this.#wipe(this.#screen.columns()) + lines.map((line) => `${line}\n`).join('');
    if (out !== '' || this.#hidden) this.#screen.write(out + (this.#hidden ? SHOW_CURSOR : ''));
    this.#hidden = false;
  }

  /** Gives the cursor back, and leaves what is drawn: for a process that is about to end. */
  restore(): void {
    if (this.#hidden) this.#screen.write(SHOW_CURSOR);
    this.#hidden = false;
  }

  /** Erases the live part. A narrower terminal has wrapped the old lines: they take more rows now. */
  #wipe(columns: number): string {
    const rows = this.#lines.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(displayWidth(line) / Math.max(1, columns))),
      0,
    );
    this.#lines = [];
    return rows === 0 ? '' : `${this.#up(rows)}${ERASE_BELOW}`;
  }

  #up(rows: number): string {
    return rows === 0 ? '' : `\r${ESC}${rows}A`;
  }
}
