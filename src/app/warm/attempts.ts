/** What was left in the runtime directory by making a template that was killed. */
import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from '../../host/directories.ts';
import { unlessMaking } from '../../images/templates.ts';
import type { ProjectPaths } from '../../model/machine.ts';

/** Its guest went with it: what remains are sockets. Those of templates that are being made stay. */
export async function clearAttempts({ runtime, images }: ProjectPaths): Promise<void> {
  for (const name of await readdir(runtime).catch(() => [])) {
    const beginning = /^\.t-([0-9a-f]{8})$/.exec(name)?.[1];
    if (beginning !== undefined) await unlessMaking(images, beginning, () => removeTree(join(runtime, name)));
  }
  await rmdir(runtime).catch(() => undefined);
}
