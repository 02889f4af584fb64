/** Which host port leads to a machine's SSH. */
import { isPortFree, nextFreePort } from '../host/ports.ts';
import type { VmConfig } from '../model/desired.ts';

const LOOPBACK = '127.0.0.1';

/**
 * The port of the last start while it is free, so that what people noted stays true; else the declared one, else the next
 * free one after it. Never one that another machine of the project declares.
 * @param all every machine of the project
 * @param promised ports that machines of this run got; the chosen one is added
 * @param before the port of the last start
 */
export async function chooseSshPort(
  vm: VmConfig,
  all: readonly VmConfig[],
  promised: Set<number>,
  before: number | null,
): Promise<number> {
  const declared = all.flatMap((other) => [
    ...other.ports.filter((port) => port.protocol === 'tcp').map((port) => port.host),
    ...(other.name !== vm.name && other.ssh.declared ? [other.ssh.port] : []),
  ]);
  const taken = (): Set<number> => new Set([...declared, ...promised]);
  const wishes = vm.ssh.declared ? [vm.ssh.port, before] : [before, vm.ssh.port];
  for (const port of wishes) {
    if (port === null || taken().has(port)) continue;
    // Promised before it is tried: machines are started side by side.
    promised.add(port);
    if (await isPortFree('tcp', LOOPBACK, port)) return port;
    promised.delete(port);
  }
  for (;;) {
    const port = await nextFreePort('tcp', LOOPBACK, vm.ssh.port, taken());
    if (promised.has(port)) continue;
    promised.add(port);
    return port;
  }
}
