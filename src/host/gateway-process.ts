/** The process of a machine's gateway, when the machine has ended. */
import { join } from 'node:path';
import { GATEWAY_FILES } from '../model/gateway.ts';
import type { ProcessId } from '../model/machine.ts';
import { readEnd } from './files.ts';
import { cmdline, identify, isOfThisUser, kill, waitForExit } from './processes.ts';

/** Digits of a pid, and a newline. */
const LIMIT = 16;
/** What it has to see that QEMU has gone, and then to go by force (milliseconds). */
const GONE = 5000;

/**
 * The gateway of the machine with this runtime directory; null when there is none. The file that says which lies where QEMU's user can
 * write: nothing is believed but that it is a gateway of this very directory.
 */
export async function gatewayOf(run: string): Promise<ProcessId | null> {
  const [, pid] = /^(\d{1,10})\n$/.exec(await readEnd(join(run, GATEWAY_FILES.pid), LIMIT)) ?? [];
  const found = await identify(Number(pid));
  if (!found || (await cmdline(found.pid))?.at(-1) !== run) return null;
  return (await isOfThisUser(found.pid)) ? found : null;
}

/** Waits until it has ended, as it does by itself without its QEMU: on a busy host that takes a moment, in which it would be left behind. */
export async function endGateway(run: string): Promise<void> {
  const gateway = await gatewayOf(run);
  if (!gateway || (await waitForExit(gateway, GONE))) return;
  await kill(gateway, 'SIGKILL').catch(() => false);
  await waitForExit(gateway, GONE);
}
