/** Bytes from a socket → lines. The sender may split and merge them as it likes. */

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const FIRST_CAPACITY = 4096;

/** The peer sent more than `limit` bytes without ending the line. */
export class LineTooLong extends Error {
  constructor(limit: number) {
    super(`a line of more than ${limit} bytes`);
    this.name = 'LineTooLong';
  }
}

export class LineSplitter {
  readonly #limit: number;
  /** One growing buffer and not a list of chunks: a peer that sends single bytes costs no more than one that does not. */
  #buffer: Buffer = Buffer.allocUnsafe(FIRST_CAPACITY);
  #size = 0;

  /** @param limit longest line in bytes, its newline not counted; no more than twice this is ever held. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Takes what has arrived and yields the lines that it completes, as UTF-8 text without newline and trailing carriage
   * return; empty lines are left out. Throws {@link LineTooLong}, after which the splitter is of no more use.
   */
  *push(chunk: Buffer): Generator<string, void, void> {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      this.#append(chunk.subarray(start, end === -1 ? chunk.length : end));
      if (end === -1) return;
      const line = this.#take();
      if (line !== '') yield line;
      start = end + 1;
    }
  }

  #append(part: Buffer): void {
    const size = this.#size + part.length;
    if (size > this.#limit) throw new LineTooLong(this.#limit);
    if (size > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(size, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, this.#size);
      this.#buffer = larger;
    }
    part.copy(this.#buffer, this.#size);
    this.#size = size;
  }

  #take(): string {
    const last = this.#size > 0 ? this.#buffer[this.#size - 1] : undefined;
    const line = this.#buffer.toString('utf8', 0, last === CARRIAGE_RETURN ? this.#size - 1 : this.#size);
    this.#size = 0;
    return line;
  }
}
