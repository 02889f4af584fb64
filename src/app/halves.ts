/** Machines that never came to be, because whoever made them was killed: nobody has used them, and nobody can. */
import { removeTree } from '../host/directories.ts';
import { endGateway } from '../host/gateway-process.ts';
import { kill, waitForExit } from '../host/processes.ts';
import { observe } from '../reconcile/observe.ts';
import type { Context } from './context.ts';
import { collectLayers } from './layers.ts';
import { undeclared } from './orphans.ts';

const LAST = 5000;

/** Nothing is left of a machine: for those that nobody has ever used. */
export async function discard(context: Context, vm: string): Promise<void> {
  const paths = context.project.machine(vm);
  const { process } = await observe(vm, paths);
  if (process) {
    await kill(process, 'SIGKILL');
    await waitForExit(process, LAST);
  }
  await endGateway(paths.run);
  await removeTree(paths.run);
  await removeTree(paths.dir);
}

/** Under the project's lock: nobody is at it then. */
export async function discardHalves(context: Context): Promise<void> {
  const { halves } = await undeclared(context);
  for (const name of halves) await discard(context, name);
  if (halves.length > 0) await collectLayers(context.project.paths);
}
