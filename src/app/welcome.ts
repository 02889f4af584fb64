/** How to get in: what `up` ends with. */
import type { AgentName, PortConfig, ShareConfig, VmConfig } from '../model/desired.ts';
import type { Observed } from '../model/observed.ts';
import type { Change, Plan, VmVerdict } from '../model/plan.ts';
import { observe } from '../reconcile/observe.ts';
import type { Context } from './context.ts';
import { recordOf } from './record.ts';

export interface WelcomeVm {
  readonly vm: string;
  readonly state: string;
  readonly verdict: VmVerdict;
  readonly sshPort: number | null;
  /** The declared SSH port, when the real one is another. */
  readonly wishedPort: number | null;
  readonly ports: readonly PortConfig[];
  readonly shares: readonly ShareConfig[];
  readonly agents: readonly AgentName[];
  /** There is a screen to look at. */
  readonly desktop: boolean;
  readonly pending: readonly Change[];
}

export interface Welcome {
  readonly vms: readonly WelcomeVm[];
  /** Nothing had to be done. */
  readonly converged: boolean;
}

/** @param observed before the plan was carried out: what it has not touched is still so */
export async function welcomeOf(
  context: Context,
  plan: Plan,
  vms: readonly VmConfig[],
  observed: ReadonlyMap<string, Observed>,
): Promise<Welcome> {
  const touched = new Set(plan.steps.map((step) => step.vm));
  const look = (vm: string): Observed | Promise<Observed> =>
    (touched.has(vm) ? undefined : observed.get(vm)) ?? observe(vm, context.project.machine(vm));
  const list = await Promise.all(
    vms.map(async (vm) => {
      const seen = await look(vm.name);
      const planned = plan.vms.find((p) => p.vm === vm.name);
      const applied = recordOf(seen, vm);
      const sshPort = applied?.sshPort ?? null;
      const config = applied?.config ?? vm;
      return {
        vm: vm.name,
        state: seen.state,
        verdict: planned?.verdict ?? 'none',
        sshPort,
        wishedPort: sshPort !== null && sshPort !== vm.ssh.port ? vm.ssh.port : null,
        ports: config.ports,
        shares: config.shares,
        agents: config.image.agents,
        desktop: Boolean(config.desktop),
        pending: planned?.pending ?? [],
      };
    }),
  );
  return { vms: list, converged: plan.steps.length === 0 };
}
