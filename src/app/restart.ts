/** `restart`: stopped, then started as the file declares the machines now. */
import type { Context } from './context.ts';
import { stop, type StopOptions } from './stop.ts';
import { up, type UpResult } from './up.ts';
import { AiVmError, EXIT } from '../model/errors.ts';
import { requireApproval } from './approvals.ts';
import { requireDesired } from './context.ts';
import { requireValues } from './network/secrets.ts';
import { chooseDeclared } from './select.ts';
import { judgeShares } from './shares.ts';

export async function restart(context: Context, options: StopOptions, cold = false): Promise<UpResult> {
  // A file that is not sound, or a name that is wrong, must not cost a running machine.
  const names = await chooseDeclared(context, options.vms);
  // Nor must one that would not be started again.
  await requireApproval(context, false);
  const vms = requireDesired(context).vms.filter((each) => names.includes(each.name));
  requireValues(context, vms);
  for (const vm of vms) {
    await judgeShares(context, vm, []);
  }
  const code = await stop(context, { ...options, vms: names });
  if (code !== EXIT.ok)
    throw new AiVmError('machine.not-running', 'not every machine could be stopped, so none was started');
  return up(context, { vms: names, existingOnly: true, cold });
}
