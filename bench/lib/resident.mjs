/** What stays on the host for a running machine, besides QEMU and the servers of its shares. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const text = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

const link = (path) => {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
};

const list = (path) => {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
};

/** @param {string} program the first word of a command line @returns {'qemu' | 'virtiofsd' | 'other'} */
export function kindOf(program) {
  const name = program.split('/').at(-1) ?? '';
  if (name.startsWith('qemu-system-')) return 'qemu';
  return name === 'virtiofsd' ? 'virtiofsd' : 'other';
}

/**
 * Processes that name one of `dirs` in their arguments or environment, or work there, or have a file below one open.
 * @param {readonly string[]} dirs
 * @returns {{ pid: number, kind: string, command: string, rss: number }[]} rss in KiB
 */
export function residents(dirs) {
  return list('/proc').flatMap((pid) => {
    if (!/^\d+$/u.test(pid) || Number(pid) === process.pid) return [];
    const cmdline = text(`/proc/${pid}/cmdline`);
    if (cmdline === '') return [];
    const open = list(`/proc/${pid}/fd`).map((fd) => link(`/proc/${pid}/fd/${fd}`));
    const said = [
      cmdline,
      text(`/proc/${pid}/environ`),
      link(`/proc/${pid}/cwd`),
      ...open,
      text(`/proc/${pid}/mountinfo`),
    ];
    if (!dirs.some((dir) => said.some((one) => one.includes(dir)))) return [];
    const rss = Number(/^VmRSS:\s+(\d+) kB$/mu.exec(text(`/proc/${pid}/status`))?.[1] ?? 0);
    return [
      { pid: Number(pid), kind: kindOf(cmdline.split('\0')[0]), command: cmdline.replaceAll('\0', ' ').trim(), rss },
    ];
  });
}

/** @param {import('./sandbox.mjs').Sandbox} sandbox */
export function benchResident(sandbox) {
  const found = residents([sandbox.dir]);
  const sum = (kind) => found.filter((one) => one.kind === kind).reduce((total, { rss }) => total + rss / 1024, 0);
  if (sum('qemu') === 0) throw new Error('no QEMU of this machine was found: the look at /proc is wrong');
  const row = {
    what: 'resident beside QEMU and virtiofsd',
    unit: 'MiB',
    ours: { median: sum('other'), min: sum('other'), samples: [sum('other')] },
    floor: null,
    aim: { most: 0 },
    note: `QEMU ${sum('qemu').toFixed(0)} MiB, virtiofsd ${sum('virtiofsd').toFixed(0)} MiB`,
  };
  return { rows: [row], processes: found };
}
