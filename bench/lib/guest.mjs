/** Where the seconds of the guest's boot go. Nothing is aimed at: it shows what is worth a look. */
import { VM } from './sandbox.mjs';

const SECONDS = { ms: 0.001, s: 1, min: 60 };

/** @param {string} text such as `1min 2.345s` or `812ms` @returns {number} seconds */
export function duration(text) {
  return [...text.matchAll(/([\d.]+)(ms|min|s)/gu)].reduce(
    (sum, [, value, unit]) => sum + Number(value) * SECONDS[unit],
    0,
  );
}

/**
 * @param {string} text first line of `systemd-analyze time`: `Startup finished in 1.2s (kernel) + … = 5s`
 * @returns {Record<string, number>} phase → seconds
 */
export function phases(text) {
  return Object.fromEntries(
    [...text.matchAll(/((?:[\d.]+(?:ms|min|s) ?)+)\((\w+)\)/gu)].map(([, time, name]) => [name, duration(time)]),
  );
}

/** @param {string} text of `systemd-analyze blame` @param {number} most @returns {{ unit: string, seconds: number }[]} */
export function blame(text, most) {
  const lines = text.split('\n').flatMap((line) => /^\s*((?:[\d.]+(?:ms|min|s) ?)+)\s*(\S+)$/u.exec(line) ?? []);
  const units = [];
  for (let at = 0; at + 2 < lines.length; at += 3)
    units.push({ unit: lines[at + 2], seconds: duration(lines[at + 1]) });
  return units.slice(0, most);
}

/** @param {import('./sandbox.mjs').Sandbox} sandbox */
export async function guestSeconds(sandbox) {
  const inGuest = async (...command) => (await sandbox.ok(['exec', VM, '--', ...command])).stdout;
  // The machine answers before its boot is over: what nobody waits for comes last.
  await inGuest('sudo', 'systemctl', 'is-system-running', '--wait').catch(() => undefined);
  const [time, slow, chain] = [
    await inGuest('systemd-analyze', 'time'),
    await inGuest('systemd-analyze', 'blame', '--no-pager'),
    await inGuest('systemd-analyze', 'critical-chain', '--no-pager', 'ssh.service').catch(() => ''),
  ];
  return { rows: [], phases: phases(time), blame: blame(slow, 10), chain: chain.trimEnd().split('\n') };
}
