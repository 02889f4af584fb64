/** A machine that runs writes to a new disk from some moment on; what it wrote before is a layer below it. */
import { link, rename, rm } from 'node:fs/promises';
import { isSameFile } from '../../host/same-file.ts';
import type { MachinePaths, ProjectPaths } from '../../model/machine.ts';
import type { BootContext } from '../../model/resource.ts';
import { activeNode, diskNodes } from '../../qemu/disk-nodes.ts';
import { readQcow2 } from '../../qemu/qcow2.ts';
import type { Qmp } from '../../qemu/qmp.ts';
import { isLayer } from '../chain.ts';
import type { Context } from '../context.ts';
import { openName, pushLayer } from '../layers.ts';

/**
 * The guest's writes go to a new disk from here on; what it wrote up to now is the layer that is returned. What was begun is taken back
 * by the caller when it fails, and by the next command when it is killed: {@link takeBack}.
 */
export async function switchDisk(context: Context, { paths, runAs }: BootContext, qmp: Qmp): Promise<string> {
  const project = context.project.paths;
  const node = await activeNode(qmp);
  const { layer, disk } = await pushLayer(paths.disk, project, runAs, context.signal);
  const overlay = `root-${layer.slice(layer.lastIndexOf('/') + 1, -'.qcow2'.length)}`;
  await qmp.execute('blockdev-add', {
    ...{ driver: 'qcow2', 'node-name': overlay, discard: 'unmap', backing: null },
    file: { driver: 'file', filename: disk, discard: 'unmap' },
  });
  await qmp.execute('blockdev-snapshot', { node, overlay });
  return layer;
}

/**
 * A switch that was cut off: QEMU still writes to what was to be the layer. That is the disk again; the new one, to which nobody
 * has written, goes, also where QEMU has it open already. Does nothing where QEMU writes to the machine's disk.
 */
export async function takeBack(project: ProjectPaths, paths: MachinePaths, qmp: Qmp): Promise<void> {
  const layer = (await readQcow2(paths.disk))?.backingFile;
  if (!layer || !(await isLayer(layer, project))) return;
  const [active, nodes] = [await activeNode(qmp), await diskNodes(qmp)];
  const written = nodes.find(({ node }) => node === active);
  if (written === undefined || !(await isSameFile(written.file, layer))) return;
  for (const { node, file } of nodes)
    if (await isSameFile(file, paths.disk)) await qmp.execute('blockdev-del', { 'node-name': node });
  const before = await openName(paths.disk);
  const partial = `${paths.disk}.partial`;
  await rm(partial, { force: true });
  await link(layer, partial);
  await rename(partial, paths.disk);
  await rm(before, { force: true });
}
