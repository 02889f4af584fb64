/** Sums and addresses of packets. */

/** The sum of 16-bit words that IPv4, TCP and UDP use, not folded yet. */
export function sumWords(bytes: Buffer, start = 0): number {
  let sum = start;
  const even = bytes.length & ~1;
  for (let at = 0; at < even; at += 2) sum += (bytes[at]! << 8) | bytes[at + 1]!;
  if (even !== bytes.length) sum += bytes[even]! << 8;
  return sum;
}

export function foldSum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000);
  return ~folded & 0xffff;
}

/** The sum over the header that TCP and UDP imagine. */
export const pseudoSum = (source: number, destination: number, protocol: number, length: number): number =>
  (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff) + protocol + length;

/** A difference of two sequence numbers, which go round: negative when `a` is before `b`. */
export const sequenceDifference = (a: number, b: number): number => (a - b) | 0;
