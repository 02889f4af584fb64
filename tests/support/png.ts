/** Reads a PNG as QEMU writes it: eight bits a channel, not interlaced. */
import { inflateSync } from 'node:zlib';

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** How many pixels there are of each colour, by its channels in hex. */
  readonly colours: ReadonlyMap<string, number>;
}

const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 4: 2, 6: 4 };

/** @throws when it is no such PNG */
export function readPng(bytes: Buffer): Picture {
  if (bytes.subarray(1, 4).toString('latin1') !== 'PNG') throw new Error('this is no PNG');
  const parts: Buffer[] = [];
  let [width, height, channels] = [0, 0, 0];
  for (let at = 8; at < bytes.length;) {
    const size = bytes.readUInt32BE(at);
    const data = bytes.subarray(at + 8, at + 8 + size);
    const kind = bytes.subarray(at + 4, at + 8).toString('latin1');
    if (kind === 'IHDR') {
      [width, height] = [data.readUInt32BE(0), data.readUInt32BE(4)];
      channels = CHANNELS[data[9]!] ?? 0;
      if (data[8] !== 8 || channels === 0 || data[12] !== 0) throw new Error('a kind of PNG that is not read here');
    }
    if (kind === 'IDAT') parts.push(data);
    at += 12 + size;
  }
  return { width, height, colours: count(inflateSync(Buffer.concat(parts)), width * channels, channels) };
}

function count(lines: Buffer, stride: number, channels: number): Map<string, number> {
  const colours = new Map<string, number>();
  let above: Buffer = Buffer.alloc(stride);
  for (let at = 0; at < lines.length; at += stride + 1) {
    const line = Buffer.from(lines.subarray(at + 1, at + 1 + stride));
    unfilter(line, above, lines[at]!, channels);
    for (let x = 0; x < stride; x += channels) {
      const colour = line.toString('hex', x, x + channels);
      colours.set(colour, (colours.get(colour) ?? 0) + 1);
    }
    above = line;
  }
  return colours;
}

/** The filters of PNG, which say a byte by its neighbours. */
function unfilter(line: Buffer, above: Buffer, filter: number, channels: number): void {
  for (let x = 0; x < line.length; x += 1) {
    const [left, up, corner] = [line[x - channels] ?? 0, above[x]!, above[x - channels] ?? 0];
    const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
    line[x] = (line[x]! + (guess ?? 0)) & 0xff;
  }
}

function paeth(left: number, up: number, corner: number): number {
  const of = left + up - corner;
  const [a, b, c] = [Math.abs(of - left), Math.abs(of - up), Math.abs(of - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}
