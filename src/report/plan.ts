/** A plan as people read it: by machine, what differs and how it will be changed, then the steps. */
import type { Change, ChangeClass, Plan, VmPlan, VmVerdict } from '../model/plan.ts';
import { sanitiseLine } from './sanitise.ts';
import { makeStyle, type Style } from './style.ts';
import { pad, displayWidth } from './width.ts';

const VERDICTS: Readonly<Record<VmVerdict, string>> = {
  create: 'will be created',
  start: 'will be started',
  change: 'will be changed while it runs',
  restart: 'will be RESTARTED',
  recreate: 'will be RECREATED: its disk is deleted',
  stop: 'will be stopped',
  finish: 'is waited for until it is ready',
  none: 'is as declared',
};

const CLASSES: Readonly<Record<ChangeClass, string>> = { live: 'live', reboot: 'REBOOT', recreate: 'RECREATE' };

/** Text of several lines, without a newline at its end. */
export function renderPlan(plan: Plan, style: Style = makeStyle(false, true)): string {
  const still = plan.vms.every(
    (vm) => vm.verdict === 'none' && vm.state !== 'unknown' && vm.changes.length === 0 && vm.pending.length === 0,
  );
  if (plan.steps.length === 0 && still) {
    const names = plan.vms.map((vm) => sanitiseLine(vm.vm)).join(', ');
    return `Nothing to do: ${names === '' ? 'no machine is asked for' : `${names} ${plan.vms.length === 1 ? 'is' : 'are'} as declared`}.`;
  }
  const blocks = plan.vms.map((vm) => renderVm(vm, style).join('\n'));
  if (plan.steps.length > 0) blocks.push(renderSteps(plan).join('\n'));
  return blocks.join('\n\n');
}

/** What could not be looked at is left alone: nobody knows whether it is as declared. */
function verdictText({ state, verdict, pending }: VmPlan): string {
  if (verdict !== 'none') return VERDICTS[verdict];
  if (state === 'unknown') return 'does not answer and is left alone';
  return pending.length > 0 ? 'is left as it is for now' : VERDICTS.none;
}

function renderVm(vm: VmPlan, style: Style): string[] {
  const { paint } = style;
  const stands =
    vm.verdict === 'recreate' ? paint.red : vm.verdict === 'restart' ? paint.yellow : (text: string): string => text;
  const lines = [`${paint.bold(sanitiseLine(vm.vm))} (${vm.state}) ${stands(verdictText(vm))}`];
  lines.push(...renderChanges(vm.changes, style));
  const causes = new Set(vm.pending.map((change) => causeOf(vm, change)));
  for (const cause of causes) {
    const changes = vm.pending.filter((change) => causeOf(vm, change) === cause);
    lines.push(`  not now: ${sanitiseLine(cause)}`, ...renderChanges(changes, style));
  }
  return lines;
}

/** What a change waits for. */
function causeOf({ vm, state }: VmPlan, change: Change): string {
  if (change.class === 'recreate') return `it takes a new disk (up --recreate ${vm} --yes)`;
  // Of machines that do not run, only the suspended ones are given nothing new.
  if (state === 'stopped' || state === 'dead') return 'it goes on where it was suspended (or boots: up --cold)';
  return change.class === 'reboot'
    ? 'it takes a restart (up --restart)'
    : 'it stands still (or restarts: up --restart)';
}

/** What machines would be restarted for: text of several lines, without a newline at its end. */
export function renderRestarts(
  due: readonly { readonly vm: string; readonly changes: readonly Change[] }[],
  style: Style,
): string {
  const blocks = due.map(({ vm, changes }) => [
    `${style.paint.bold(sanitiseLine(vm))} has to be ${style.paint.yellow('RESTARTED')} for`,
    ...renderChanges(changes, style),
  ]);
  return blocks.flat().join('\n');
}

function renderChanges(changes: readonly Change[], style: Style): string[] {
  const { paint, symbols } = style;
  const colors: Record<ChangeClass, (text: string) => string> = {
    live: paint.green,
    reboot: paint.yellow,
    recreate: paint.red,
  };
  const signs: Record<ChangeClass, string> = { live: '~', reboot: '!', recreate: '!' };
  const fields = changes.map((change) => sanitiseLine(change.field));
  const values = changes.map(
    (change) => `${sanitiseLine(change.before)} ${symbols.arrow} ${sanitiseLine(change.after)}`,
  );
  const widest = (texts: readonly string[]): number => Math.max(0, ...texts.map(displayWidth));
  return changes.flatMap((change, index) => {
    const color = colors[change.class];
    const field = pad(fields[index] ?? '', widest(fields));
    const value = pad(values[index] ?? '', widest(values));
    const line = `  ${color(signs[change.class])} ${field}  ${value}  ${color(CLASSES[change.class])}${change.drift ? `, ${paint.yellow('drift')}` : ''}`;
    return change.reason === '' ? [line] : [line, paint.dim(`    ${sanitiseLine(change.reason)}`)];
  });
}

function renderSteps(plan: Plan): string[] {
  const number = new Map(plan.steps.map((step, index) => [step.id, index + 1]));
  const titles = plan.steps.map((step) => sanitiseLine(step.title));
  const widest = Math.max(0, ...titles.map(displayWidth));
  const digits = String(plan.steps.length).length;
  const lines = plan.steps.map((step, index) => {
    const needs = step.needs.map((id) => number.get(id) ?? sanitiseLine(id));
    const after = needs.length === 0 ? '' : `  after ${needs.join(', ')}`;
    return `  ${String(index + 1).padStart(digits)}. ${after === '' ? (titles[index] ?? '') : pad(titles[index] ?? '', widest) + after}`;
  });
  return ['Steps:', ...lines];
}
