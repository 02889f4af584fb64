/** The end of what a program prints, however much that is. */

export interface LastOf {
  readonly bytes: Buffer;
  /** Bytes that came before and are not kept. */
  readonly dropped: number;
}

/**
 * Reads a stream to its end and keeps its last bytes.
 * @param limit how many; no more than twice as many are held at any time, and one chunk
 */
export async function lastOf(stream: AsyncIterable<Buffer | string>, limit: number): Promise<LastOf> {
  let parts: Buffer[] = [];
  let size = 0;
  let dropped = 0;
  const cut = (): void => {
    const all = Buffer.concat(parts);
    const kept = all.subarray(Math.max(0, all.length - limit));
    dropped += all.length - kept.length;
    parts = [kept];
    size = kept.length;
  };
  for await (const chunk of stream) {
    const part = Buffer.from(chunk);
    parts.push(part);
    size += part.length;
    if (size > 2 * limit) cut();
  }
  cut();
  return { bytes: Buffer.concat(parts), dropped };
}
