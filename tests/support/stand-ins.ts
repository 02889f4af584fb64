/** Programs of ours in the place of the host's own, first on PATH: to make go wrong what never does when one looks. */
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the programs of a host are. */
const PLACES = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** A PATH on which `programs` (name → text of a shell script) hide those of the host. */
export function pathWith(dir: string, programs: Readonly<Record<string, string>>): string {
  mkdirSync(dir, { recursive: true, mode: 0o755 });
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(dir, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  return [dir, ...PLACES].join(':');
}

/** A PATH with every program of the host but those that `missing` names. */
export function pathWithout(dir: string, missing: RegExp): string {
  mkdirSync(dir, { recursive: true, mode: 0o755 });
  const seen = new Set<string>();
  for (const place of PLACES) {
    for (const name of readdirSync(place)) {
      if (missing.test(name) || seen.has(name)) continue;
      seen.add(name);
      symlinkSync(join(place, name), join(dir, name));
    }
  }
  return dir;
}
