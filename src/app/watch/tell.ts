/** What happens in a watch, as one line each, and nothing twice in a row: rounds come again and again. */
import { AiVmError, ConfigError, messageOf } from '../../model/errors.ts';
import type { Emit, Event, WatchEvent } from '../../model/events.ts';
import type { Change, Plan, VmPlan } from '../../model/plan.ts';
import { fromSystem } from '../../model/system-errors.ts';

type Line = Omit<WatchEvent, 'type' | 'at'>;

export interface Teller {
  readonly tell: (line: Line) => void;
  /** Told only if it was not already in the round before. `key` stands for what it says. */
  readonly once: (key: string, line: Line) => void;
  /** Events of the commands that a round uses. */
  readonly emit: Emit;
  /** Steps of this round that failed: of which machines. */
  readonly failures: () => ReadonlySet<string>;
  /** A round begins: what was not said in the last one may be said again. */
  readonly begin: () => void;
}

export function makeTeller(emit: Emit, clock: () => Date): Teller {
  let before = new Set<string>();
  let said = new Set<string>();
  let failed = new Set<string>();
  const tell = (line: Line): void => {
    emit({ type: 'watch', at: clock().toISOString(), ...line });
  };
  const once = (key: string, line: Line): void => {
    if (!before.has(key) && !said.has(key)) tell(line);
    said.add(key);
  };
  const translate = (event: Event): void => {
    switch (event.type) {
      case 'plan':
        tellPlan(event.plan, tell, once);
        return;
      case 'step-failed':
        failed.add(event.step.vm);
        tell({ kind: 'failed', vm: event.step.vm, message: event.step.title, error: event.error });
        return;
      case 'warning':
        once(`warning ${event.vm ?? ''} ${event.message}`, { ...aboutOf(event), kind: 'note' });
        return;
      case 'finished':
        return;
      default:
        emit(event);
    }
  };
  return {
    tell,
    once,
    emit: translate,
    failures: () => failed,
    begin: () => {
      before = said;
      said = new Set();
      failed = new Set();
    },
  };
}

const aboutOf = ({ vm, message }: { vm?: string; message: string }): { vm?: string; message: string } => ({
  ...(vm === undefined ? {} : { vm }),
  message,
});

const changeText = (change: Change): string => `${change.field} ${change.before} → ${change.after}`;

const VERBS: Readonly<Record<VmPlan['verdict'], string>> = {
  create: 'create it',
  start: 'start it',
  change: 'change it as it runs',
  restart: 'restart it',
  recreate: 'recreate it',
  stop: 'stop it',
  finish: 'wait until it is ready',
  none: '',
};

function tellPlan(plan: Plan, tell: Teller['tell'], once: Teller['once']): void {
  const planned = plan.vms.filter((vm) => vm.verdict !== 'none');
  for (const [index, vm] of planned.entries()) {
    const died = vm.state === 'dead' && vm.verdict === 'start' ? ', which has ended by itself' : '';
    const changes = vm.changes.length > 0 ? `: ${vm.changes.map(changeText).join(', ')}` : '';
    // Programs get all of the plan, once.
    const data = index === 0 ? { plan } : {};
    tell({ kind: 'planned', vm: vm.vm, message: `${VERBS[vm.verdict]}${died}${changes}`, ...data });
  }
  for (const vm of plan.vms) for (const change of vm.pending) tellPending(vm.vm, change, once);
}

function tellPending(vm: string, change: Change, once: Teller['once']): void {
  const text = changeText(change);
  const how =
    change.class === 'recreate'
      ? `needs a new disk: ai-vm up --recreate ${vm} --yes, should what is on the old one be of no use`
      : 'waits for a restart: press r, or ai-vm up --restart';
  once(`pending ${vm} ${change.class} ${text}`, { kind: 'waits', vm, message: `${text} ${how}` });
}

/** Whatever went wrong, as an error that can be told. */
export function known(error: unknown): AiVmError {
  if (error instanceof AiVmError) return error;
  const system = fromSystem(error);
  if (system) return system;
  return new AiVmError('internal', messageOf(error), { cause: error });
}

/** What tells one error from another: the same one is not told again. */
export function keyOf(error: AiVmError): string {
  if (!(error instanceof ConfigError)) return `${error.code} ${error.message} ${error.why ?? ''}`;
  return error.diagnostics
    .map((d) => `${d.code} ${d.message} ${d.position?.line ?? ''}:${d.position?.column ?? ''}`)
    .join('\n');
}
