/** Processors of the guest, through a session of the agent that is open already. */
import { toInteger } from './agent-checks.ts';
import { parseVcpus, type Vcpu } from './agent-replies.ts';
import type { AgentSession } from './agent-wire.ts';

export async function getVcpus(session: AgentSession): Promise<Vcpu[]> {
  return parseVcpus(await session.request('guest-get-vcpus'));
}

/** Takes processors online or offline, in this order. The agent may do a part and then fail. */
export async function setVcpus(
  session: AgentSession,
  vcpus: readonly { readonly id: number; readonly online: boolean }[],
): Promise<void> {
  let rest = vcpus.map(({ id, online }) => ({ 'logical-id': id, online }));
  while (rest.length > 0) {
    const done = await session.request('guest-set-vcpus', { vcpus: rest });
    rest = rest.slice(toInteger(done, 'guest-set-vcpus', 1, rest.length));
  }
}

/** Has as many online as there should be: the first ones. */
export async function onlineVcpus(session: AgentSession, wanted: number): Promise<void> {
  const changes = (await getVcpus(session))
    .map(({ id, online }, n) => ({ id, online, should: n < wanted }))
    .filter(({ online, should }) => online !== should)
    .map(({ id, should }) => ({ id, online: should }));
  await setVcpus(session, changes);
}
