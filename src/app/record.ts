/** The record of a machine's last start; where that is lost, what a machine that runs tells of it. */
import { basename, dirname } from 'node:path';
import type { VmConfig } from '../model/desired.ts';
import type { Applied } from '../model/machine.ts';
import type { Observed } from '../model/observed.ts';
import { sshPortOf } from '../qemu/usernet.ts';

/**
 * A lost record must not lock anybody out of a machine that runs: QEMU's arguments hold the port and the image, and the
 * file is the next best thing to what was declared at its start.
 * @param declared the machine as the file has it now, if it does
 */
export function recordOf(seen: Observed, declared: VmConfig | undefined): Applied | null {
  if (seen.applied || !seen.process || !declared) return seen.applied;
  const argv = seen.sightings.argv ?? [];
  const sshPort = sshPortOf(argv);
  const option = argv.indexOf('-kernel');
  const kernel = option < 0 ? undefined : argv[option + 1];
  if (sshPort === null || kernel === undefined) return null;
  const image = basename(dirname(kernel));
  return { formatVersion: 1, config: declared, image, sshPort, stopped: false, provisioned: [] };
}
