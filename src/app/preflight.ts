/** What cannot work is refused before anything is touched; what will be tight is said. */
import { isPortFree } from '../host/ports.ts';
import { checkSpace, judgeMemory } from '../host/space.ts';
import type { Capabilities } from '../model/capabilities.ts';
import type { VmConfig } from '../model/desired.ts';
import { AiVmError } from '../model/errors.ts';
import { sameSide, type HostSide } from '../model/host-side.ts';
import type { Plan } from '../model/plan.ts';
import { MiB } from '../model/units.ts';
import type { Context } from './context.ts';
import { judgeShares } from './shares.ts';

/** A new disk holds next to nothing; this is what a boot writes to it. */
const FIRST_WRITES = 256 * MiB;

function checkAudio(vm: VmConfig, { qemu }: Capabilities): void {
  if (vm.audio === false || qemu.audioDrivers.includes(vm.audio.driver)) return;
  throw new AiVmError('host.missing', `this QEMU has no audio driver "${vm.audio.driver}"`, {
    vm: vm.name,
    why: `It has: ${qemu.audioDrivers.join(', ')}.`,
    fix: 'Install the package that brings it (Debian: qemu-system-gui), or choose another driver.',
  });
}

/** @param handed what another machine gives up before this one starts */
async function checkPorts(vm: VmConfig, handed: readonly HostSide[]): Promise<void> {
  for (const port of vm.ports) {
    if (handed.some((side) => sameSide(side, port))) continue;
    if (await isPortFree(port.protocol, port.bind, port.host)) continue;
    throw new AiVmError(
      'host.port-taken',
      `port ${port.bind}:${port.host}/${port.protocol} of ${vm.name} is taken on this host`,
      {
        vm: vm.name,
        why:
          port.host < 1024
            ? 'Ports below 1024 belong to root, unless net.ipv4.ip_unprivileged_port_start says otherwise; or another program has it.'
            : 'Another program, or another machine, listens there.',
        fix: `Find it with: ss -lnp 'sport = :${port.host}'. Or declare another host port.`,
      },
    );
  }
}

/** @throws AiVmError host.memory, host.space, host.port-taken, host.missing, share.refused, share.missing */
export async function preflight(
  context: Context,
  host: Capabilities,
  plan: Plan,
  vms: readonly VmConfig[],
): Promise<void> {
  const starting = vms.filter((vm) => plan.steps.some((step) => step.kind === 'start' && step.vm === vm.name));
  if (starting.length === 0) return;
  // A machine that is restarted frees its own ports and memory first.
  const fresh = starting.filter((vm) => !plan.steps.some((step) => step.kind === 'stop' && step.vm === vm.name));
  for (const vm of starting) checkAudio(vm, host);
  // Judged again right before the start; here so that nothing is built for a machine that cannot be.
  for (const vm of starting) await judgeShares(context, vm, []);
  for (const vm of fresh) {
    const start = plan.steps.find((step) => step.kind === 'start' && step.vm === vm.name);
    await checkPorts(vm, start?.hands ?? []);
  }
  const only = starting.length === 1 ? starting[0]!.name : undefined;
  const memory = fresh.reduce((sum, vm) => sum + vm.memory, 0);
  const largest = Math.max(...starting.map((vm) => vm.memory));
  const warnings = [
    judgeMemory({ total: host.memoryTotal, available: host.memoryAvailable }, Math.max(memory, largest), only),
    await checkSpace(
      context.project.paths.state,
      FIRST_WRITES * starting.length,
      starting.reduce((sum, vm) => sum + vm.storage, 0),
      only,
    ),
  ];
  for (const message of warnings) if (message) context.emit({ type: 'warning', message });
}
