/**
 * Whether what a page shows is what a command prints. What differs from one run to the next counts as equal, and nothing else:
 * docs/README.md lists it.
 */

/** Steps that happen only where no image is there yet. */
const ONCE = /^(build the image of|prepare the warm start of) /;

const EQUAL: readonly (readonly [RegExp, string])[] = [
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?/g, '<date>'],
  [/\b\d{4}-\d\d-\d\d\b|\b\d\d:\d\d:\d\d\b/g, '<date>'],
  [/\b\d+ min \d+ s\b|\b\d+(\.\d+)? m?s\b/g, '<time>'],
  [/\b\d+(\.\d+)? ([KMT]iB|B)\b|\b\d+\.\d+ GiB\b/g, '<size>'],
  [/\b\d+(\.\d+)? %/g, '<percent>'],
  [/(?<!\d\.)\b\d+\.\d+\.\d+(?![\d.]*\.\d)[\w+.~-]*/g, '<version>'],
  [/\bdebian \d+\.\d+/g, 'debian <version>'],
  [/ \(port 22\d\d was taken: SSH is on 22\d\d\)/g, ''],
  [/\b127\.0\.0\.1:22\d\d\b/g, '127.0.0.1:<ssh>'],
  [/\bport 22\d\d\b/gi, 'port <ssh>'],
  [/\b[0-9a-f]{8,64}\b/g, '<id>'],
  [/\bprocess \d+\b/g, 'process <id>'],
  [/─+/g, '─'],
  [/ +/g, ' '],
];

export const normalised = (line: string): string =>
  EQUAL.reduce((text, [pattern, by]) => text.replaceAll(pattern, by), line).trim();

export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
}

const linesOf = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .map(normalised)
    .filter((line) => line !== '');

/**
 * What is wrong with a capture, or null. All of stdout has to be shown, unless a line `…` stands for the rest; of stderr, what
 * is shown must be there, in that order.
 */
export function faultOfCapture(shown: readonly string[], { stdout, stderr }: Printed): string | null {
  const [out, err] = [linesOf(stdout), linesOf(stderr)];
  let [atOut, atErr, gap] = [0, 0, false];
  for (const line of shown.map(normalised).filter((each) => each !== '' && !ONCE.test(each))) {
    if (line === '…') {
      gap = true;
      continue;
    }
    const further = gap ? out.indexOf(line, atOut) : out[atOut] === line ? atOut : -1;
    if (further >= 0) {
      [atOut, gap] = [further + 1, false];
      continue;
    }
    const told = err.indexOf(line, atErr);
    if (told < 0) return `shown, and not printed: ${line}`;
    atErr = told + 1;
  }
  return gap || atOut === out.length ? null : `printed, and not shown: ${out[atOut]!}`;
}
