/** A terminal small enough to understand: what a person would see after the bytes that a program wrote. */

const CSI = new RegExp(`^${String.fromCharCode(27)}\\[(\\??[0-9;]*)([A-Za-z])`, 'u');

/** Knows line feeds, returns, where the cursor goes, erasing, showing and hiding the cursor, and colours (dropped); throws on the rest. */
export class Terminal {
  readonly isTTY = true;
  columns: number;
  rows: number;
  cursorShown = true;
  /** One entry for each write. */
  readonly writes: string[] = [];
  readonly #grid: string[][] = [[]];
  #row = 0;
  #column = 0;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string): boolean {
    this.writes.push(text);
    let rest = text;
    while (rest !== '') {
      const sequence = CSI.exec(rest);
      if (sequence !== null) {
        this.#control(sequence[1] ?? '', sequence[2] ?? '');
        rest = rest.slice(sequence[0].length);
        continue;
      }
      const character = String.fromCodePoint(rest.codePointAt(0) ?? 0);
      this.#put(character);
      rest = rest.slice(character.length);
    }
    return true;
  }

  /** All lines ever shown, those that scrolled away too, without spaces at their ends. */
  get screen(): string[] {
    const lines = this.#grid.map((line) =>
      Array.from(line, (cell) => cell)
        .join('')
        .trimEnd(),
    );
    while (lines.at(-1) === '') lines.pop();
    return lines;
  }

  #put(character: string): void {
    if (character === '\n') {
      this.#down();
      this.#column = 0;
    } else if (character === '\r') this.#column = 0;
    else if (/\p{Cc}/u.test(character)) throw new Error(`control character ${JSON.stringify(character)}`);
    else {
      if (this.#column >= this.columns) {
        this.#down();
        this.#column = 0;
      }
      const line = this.#line();
      while (line.length < this.#column) line.push(' ');
      line[this.#column] = character;
      this.#column += 1;
    }
  }

  #control(parameters: string, final: string): void {
    if (final === 'm') return;
    if (final === 'l' && parameters === '?25') this.cursorShown = false;
    else if (final === 'h' && parameters === '?25') this.cursorShown = true;
    else if (final === 'A') this.#up(Number(parameters || '1'));
    else if (final === 'B') this.#row = Math.min(this.#row + Number(parameters || '1'), this.#grid.length - 1);
    else if (final === 'D') this.#column = Math.max(0, this.#column - Number(parameters || '1'));
    else if (final === 'G') this.#column = Number(parameters || '1') - 1;
    else if (final === 'K' && parameters === '2') this.#line().length = 0;
    else if (final === 'K' && parameters === '') this.#line().length = Math.min(this.#line().length, this.#column);
    else if (final === 'J' && parameters === '') {
      this.#line().length = Math.min(this.#line().length, this.#column);
      this.#grid.length = this.#row + 1;
    } else throw new Error(`sequence CSI ${parameters}${final}`);
  }

  /** The cursor cannot go above the top of the screen. */
  #up(rows: number): void {
    this.#row = Math.max(this.#row - rows, Math.max(0, this.#grid.length - this.rows));
  }

  #down(): void {
    this.#row += 1;
    if (this.#row >= this.#grid.length) this.#grid.push([]);
  }

  #line(): string[] {
    const line = this.#grid[this.#row];
    if (line === undefined) throw new Error('the cursor is below the last line');
    return line;
  }
}
