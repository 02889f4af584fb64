/** The id that a kernel gives each of its boots. Machines that were made from one template share it until they boot again. */
import { AiVmError } from '../model/errors.ts';
import { Agent } from './agent.ts';

const PATH = '/proc/sys/kernel/random/boot_id';

/**
 * @param agent path of the agent's socket
 * @param timeout milliseconds
 */
export async function readBootId(agent: string, timeout: number, signal?: AbortSignal): Promise<string> {
  const text = (
    await new Agent(agent).readFile(PATH, { timeout, limit: 64, ...(signal ? { signal } : {}) })
  ).toString();
  const id = /^[0-9a-f-]{36}$/m.exec(text)?.[0];
  if (id === undefined) throw new AiVmError('guest.agent', 'the guest does not tell which boot it is in');
  return id;
}
