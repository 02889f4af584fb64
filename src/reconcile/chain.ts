/** The steps of one machine. Pure. */
import type { Step, StepKind } from '../model/plan.ts';
import type { Handover } from './handover.ts';

const TITLES: Record<StepKind, string> = {
  image: 'build the image of',
  template: 'prepare the warm start of',
  create: 'create',
  delete: 'delete the disk of',
  start: 'start',
  thaw: 'let go on',
  ready: 'wait for',
  change: 'change',
  release: 'give up ports of',
  provision: 'provision',
  health: 'check the health of',
  stop: 'stop',
};

/**
 * Steps for one machine, each needing the one before it. The image comes before all of them: nothing is stopped or
 * deleted for an image that then fails to build.
 * @param handed what changes hands at some of them
 */
export function chain(
  vm: string,
  kinds: readonly StepKind[],
  imageStep: string | null,
  handed: ReadonlyMap<string, Handover> = new Map(),
): Step[] {
  const steps: Step[] = [];
  for (const kind of kinds) {
    const previous = steps.at(-1);
    const first = imageStep ? [imageStep] : [];
    const needs = previous ? [previous.id] : first;
    const id = `${kind}:${vm}`;
    const { needs: others, sides: hands } = handed.get(id) ?? { needs: [] };
    steps.push({
      ...{ id, kind, vm, needs: [...needs, ...others], title: `${TITLES[kind]} ${vm}` },
      ...(hands ? { hands } : {}),
    });
  }
  return steps;
}
