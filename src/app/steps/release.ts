/** Gives up ports of the host that another machine takes: the rest of the change comes later, when that one is not waited for. */
import { writeState } from '../../host/files.ts';
import { AiVmError } from '../../model/errors.ts';
import type { VmConfig } from '../../model/desired.ts';
import type { HostSide } from '../../model/host-side.ts';
import type { Applied } from '../../model/machine.ts';
import type { Step } from '../../model/plan.ts';
import { Qmp } from '../../qemu/qmp.ts';
import type { StepContext } from '../../reconcile/execute.ts';
import { applyStep } from '../../reconcile/live.ts';
import { observe } from '../../reconcile/observe.ts';
import { forward, hostSide, ports, unforward } from '../../resources/ports.ts';
import { portFor, ssh, sshAt } from '../../resources/ssh.ts';
import type { Context } from '../context.ts';
import { recordOf } from '../record.ts';
import { configOf, type Run } from './run.ts';

/** Everything that `adopt` asks of a change is its key. */
const gone = (key: string) =>
  ({ resource: 'ports', field: `ports ${key}`, key, class: 'live', before: '', after: 'none', reason: '' }) as const;

/**
 * There is a way in at every moment, where there can be: the new port comes first. It may be one that another machine has yet
 * to give up; then the change that follows takes it.
 */
async function moveSsh(qmp: Qmp, applied: Applied, desired: VmConfig): Promise<Applied> {
  try {
    await applyStep(qmp, forward(sshAt(portFor(desired, applied.sshPort))));
  } catch (error) {
    if (error instanceof AiVmError && error.code === 'host.port-taken') return applied;
    throw error;
  }
  return ssh.adopt?.(applied, { ...gone(''), resource: 'ssh' }, desired) ?? applied;
}

/** @throws AiVmError `qmp.failed`, `machine.not-running` */
export async function releaseStep(context: Context, run: Run, step: Step, { signal }: StepContext): Promise<void> {
  const { vm, hands = [] } = step;
  const paths = context.project.machine(vm);
  const desired = configOf(run, vm);
  const seen = await observe(vm, paths);
  const applied = recordOf(seen, desired);
  if (!applied || !seen.process) {
    throw new AiVmError('machine.not-running', `${vm} is ${seen.state}`, { vm, fix: `ai-vm up ${vm}` });
  }
  const isSsh = (side: HostSide): boolean => hostSide(side) === hostSide(sshAt(applied.sshPort));
  const qmp = await Qmp.connect(paths.qmp.control, { signal });
  try {
    let record = hands.reduce<Applied>(
      (now, side) => (isSsh(side) ? now : (ports.adopt?.(now, gone(hostSide(side)), desired) ?? now)),
      applied,
    );
    if (hands.some(isSsh)) record = await moveSsh(qmp, record, desired);
    // Whoever looks at QEMU sees what it forwards; should we be killed in between, the record is right all the same.
    await writeState(paths.applied, record);
    for (const side of hands) await applyStep(qmp, unforward(side));
  } finally {
    qmp.close();
  }
}
