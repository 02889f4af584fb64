/** Memory that is shared or in a file system in memory, and that nobody can be found to hold. */
import { readdirSync, readFileSync, statfsSync, statSync } from 'node:fs';

/** What a memfd is too, and a file of another mount namespace, whose path says nothing here. See statfs(2). */
const TMPFS = 0x01021994;

/** Bytes of all such files that a process has open, each once, whoever's they are. */
function held(): number {
  const sizes = new Map<string, number>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/u.test(name))) {
    for (const fd of list(`/proc/${pid}/fd`)) {
      const path = `/proc/${pid}/fd/${fd}`;
      try {
        if (statfsSync(path).type !== TMPFS) continue;
        const { dev, ino, blocks } = statSync(path);
        sizes.set(`${dev} ${ino}`, blocks * 512);
      } catch {
        // It was closed in the meantime.
      }
    }
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

/** Shared memory of this host beyond what processes hold open: it does not grow, however many of them come and go. Bytes. */
export function nobodysShmem(): number {
  const before = held();
  const kilobytes = Number(/^Shmem:\s+(\d+) kB$/mu.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]);
  // Others' machines may grow while we look.
  return kilobytes * 1024 - Math.max(before, held());
}

function list(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
