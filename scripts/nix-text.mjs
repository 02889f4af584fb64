#!/usr/bin/env node
/**
 * What of the form of Nix files can be told without a formatter: no tabs, no spaces at the end of a line, one line feed at the end.
 * usage: node scripts/nix-text.mjs FILE...
 */
import { readFileSync } from 'node:fs';

/** @type {readonly (readonly [RegExp, string])[]} */
const WRONG = [
  [/\t/, 'a tab'],
  [/[ \r]$/, 'space at the end of the line'],
];

let faults = 0;
const tell = (place, what) => {
  faults += 1;
  process.stdout.write(`${place}: ${what}\n`);
};

for (const file of process.argv.slice(2)) {
  const text = readFileSync(file, 'utf8');
  for (const [n, line] of text.split('\n').entries()) {
    for (const [pattern, what] of WRONG) if (pattern.test(line)) tell(`${file}:${n + 1}`, what);
  }
  if (!/[^\n]\n$/.test(text)) tell(file, 'does not end with one line feed');
}
process.exitCode = faults === 0 ? 0 : 1;
