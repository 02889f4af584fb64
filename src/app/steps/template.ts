import { bundleOf } from '../images.ts';
import { makeTemplate } from '../../images/templates.ts';
import { AiVmError } from '../../model/errors.ts';
import type { Step } from '../../model/plan.ts';
import type { StepContext } from '../../reconcile/execute.ts';
import type { Context } from '../context.ts';
import { fillTemplate } from '../warm/make.ts';
import { coldReason, factsOf, templateKey, templateShape } from '../warm/shape.ts';
import { configOf, type Run } from './run.ts';

/** Never fails but for an interruption: what has no template boots. */
export async function templateStep(context: Context, run: Run, step: Step, at: StepContext): Promise<void> {
  const { vm } = step;
  const config = configOf(run, vm);
  const { runAs, paths } = context.project;
  try {
    const [bundle, host] = [await bundleOf(context, run, vm, null), await context.capabilities()];
    if (coldReason(config, bundle, host) !== null) return;
    const key = templateKey(templateShape(config, bundle, host, runAs), await factsOf(host));
    const onWait = (): void => at.progress('waiting: it is being prepared already');
    const template = await makeTemplate(paths.images, key, { signal: at.signal, onWait }, (dir) =>
      fillTemplate(context, config, bundle, key.digest.slice(0, 8), dir, at),
    );
    run.templates.set(vm, template);
  } catch (error) {
    at.signal.throwIfAborted();
    const why = error instanceof AiVmError ? [error.message, error.why].filter(Boolean).join(': ') : String(error);
    context.emit({ type: 'warning', vm, message: `${vm} has no warm start: ${why.split('\n')[0]!}` });
  }
}
