/** Makes a machine that runs what the file declares, without starting it again. */
import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { Agent } from '../../guest/agent.ts';
import { readBootId } from '../../guest/boot-id.ts';
import { writeState } from '../../host/files.ts';
import { seeGateway } from '../../host/gateway.ts';
import { endHelpersAt, placesServed } from '../../host/helpers.ts';
import { AiVmError } from '../../model/errors.ts';
import type { Applied } from '../../model/machine.ts';
import type { Change, Step } from '../../model/plan.ts';
import { Qmp } from '../../qemu/qmp.ts';
import { adjust, type Hands } from '../../reconcile/adjust.ts';
import { makeChanges, reasonOf } from '../../reconcile/change.ts';
import { changesOf, concernsGuest } from '../../reconcile/changes.ts';
import type { StepContext } from '../../reconcile/execute.ts';
import { look } from '../../reconcile/look.ts';
import { observe } from '../../reconcile/observe.ts';
import { RESOURCES } from '../../resources/index.ts';
import type { Context } from '../context.ts';
import { bareBoot, runningBoot } from '../freeze/boot.ts';
import { serveShares } from '../freeze/shares.ts';
import { setGateway } from '../network/heal.ts';
import { handSecrets } from '../network/secrets.ts';
import { recordOf } from '../record.ts';
import { judgeShares } from '../shares.ts';
import { warnOf } from './clone.ts';
import { renewal } from './renewal.ts';
import { configOf, type Run } from './run.ts';

const AGENT = 10_000;

/** One error for all that could not be done; each is told when there are several. */
function report(vm: string, failed: ReadonlyMap<Change, AiVmError>): void {
  const [first, ...more] = failed.values();
  if (!first) return;
  if (more.length === 0) throw first;
  throw new AiVmError(first.code, `${failed.size} changes of ${vm} could not be made`, {
    vm,
    why: [...failed].map(([{ field }, error]) => `${field}: ${reasonOf(error)}`).join('\n'),
    fix: 'What else was to be changed is. The next ai-vm up tries these again.',
    cause: first,
  });
}

/** @throws AiVmError when a change could not be made; the others were, and the next `up` tries it again */
export async function changeStep(context: Context, run: Run, step: Step, at: StepContext): Promise<void> {
  const { vm } = step;
  const paths = context.project.machine(vm);
  const desired = configOf(run, vm);
  const observed = await observe(vm, paths);
  const applied = recordOf(observed, desired);
  if (!applied || !observed.process) {
    throw new AiVmError('machine.not-running', `${vm} is ${observed.state}`, { vm, fix: `ai-vm up ${vm}` });
  }
  const { signal } = at;
  // Nobody waits for a guest that boots, so what it is to do itself waits for the next `up`.
  if (!run.wait && run.observed.get(vm)?.process?.pid !== observed.process.pid) return;
  const control = await Qmp.connect(paths.qmp.control, { signal });
  const events = await Qmp.connect(paths.qmp.events, { signal });
  const agent = new Agent(paths.agent);
  try {
    const boot = await bareBoot(context, { ...observed, applied }, desired.secrets ?? []);
    const serve: Hands['serve'] = (helper) => serveShares(context, boot, [helper], signal);
    const dismiss: Hands['dismiss'] = (socket) => endHelpersAt(paths.helpers, basename(socket));
    const gateway: Hands['gateway'] = (network) => setGateway(context, boot, network, signal);
    const secrets: Hands['secrets'] = (given) => handSecrets(context, boot, given);
    const forgetLogin = (): Promise<void> => rm(paths.sshControl, { force: true });
    const hands: Hands = { vm, control, events, agent, serve, dismiss, gateway, secrets, forgetLogin, signal };
    const record = (next: Applied): Promise<void> => writeState(paths.applied, next);
    const seen = { ...observed, applied };
    const changes = changesOf(RESOURCES, desired, seen).filter((change) => change.class === 'live');
    // A guest that boots again has only what it was started with: by its boot it is known that it was changed since. To ask
    // it takes a tenth of a second, and so does every look from then on.
    if (observed.rebooted || (concernsGuest(RESOURCES, changes) && applied.bootId === undefined)) {
      seen.applied = { ...applied, bootId: await readBootId(paths.agent, AGENT, signal) };
    }
    if (observed.rebooted) {
      at.progress('giving it what it had before it booted');
      await adjust(renewal(await runningBoot(context, seen)), hands);
    }
    if (seen.applied !== applied) await record(seen.applied);
    at.progress(changes.map((change) => change.field).join(', '));
    const { failed, open } = await makeChanges(
      {
        ...{ resources: RESOURCES, desired, seen, boot, hands, record },
        look: async () => {
          const argv = observed.sightings.argv ?? [];
          const [servers, gateway] = await Promise.all([placesServed(paths.helpers), seeGateway(paths.run, argv)]);
          return (await look(control, boot.identity, argv, seen.applied, servers, gateway)).sightings;
        },
        judge: (shares) => judgeShares(context, { ...desired, shares }, []),
      },
      changes,
    );
    warnOf(context, vm, open);
    report(vm, failed);
  } finally {
    control.close();
    events.close();
  }
}
