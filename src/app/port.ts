/** `port`: what QEMU forwards to a machine now, and not what the file says. */
import { AiVmError } from '../model/errors.ts';
import type { PortConfig } from '../model/desired.ts';
import { observe } from '../reconcile/observe.ts';
import type { Context } from './context.ts';
import { onlyMachine } from './select.ts';

/** A port of the guest, as people write it. */
export interface GuestPort {
  readonly guest: number;
  readonly protocol: 'tcp' | 'udp';
}

/** `80`, `53/udp`. @throws AiVmError usage */
export function parseGuestPort(text: string): GuestPort {
  const found = /^(\d{1,5})(?:\/(tcp|udp))?$/.exec(text);
  const guest = Number(found?.[1]);
  if (!found || guest < 1 || guest > 65_535) {
    throw new AiVmError('usage', `"${text}" is no port of a guest`, { fix: 'Such as 80, or 53/udp.' });
  }
  return { guest, protocol: found[2] === 'udp' ? 'udp' : 'tcp' };
}

export interface Forwards {
  readonly vm: string;
  /** Sorted by the guest's port. SSH's own is among them. */
  readonly ports: readonly PortConfig[];
}

/** @throws AiVmError machine.not-running; usage when it does not forward the port that is asked for */
export async function forwards(
  context: Context,
  name: string | undefined,
  wanted: GuestPort | undefined,
): Promise<Forwards> {
  const vm = await onlyMachine(context, name);
  const { state, process, sightings } = await observe(vm, context.project.machine(vm));
  if (!process || !sightings.forwards) {
    throw new AiVmError('machine.not-running', `${vm} is ${state}`, { vm, fix: `ai-vm up ${vm}` });
  }
  const ports = sightings.forwards
    .filter(({ guest, protocol }) => !wanted || (guest === wanted.guest && protocol === wanted.protocol))
    .sort((a, b) => a.guest - b.guest || a.host - b.host);
  if (wanted && ports.length === 0) {
    const all = [...new Set(sightings.forwards.map(({ guest, protocol }) => `${guest}/${protocol}`))].sort();
    throw new AiVmError('usage', `no port of this host leads to ${wanted.guest}/${wanted.protocol} of ${vm}`, {
      vm,
      fix: `Its ports: ${all.join(', ') || 'none'}. Add it under \`ports\` in the file, then: ai-vm up ${vm}`,
    });
  }
  return { vm, ports };
}
