/** The disks that a QEMU has open, as it names them. */
import type { Qmp } from './qmp.ts';
import { isObject } from './qmp-wire.ts';

export interface DiskNode {
  /** Its node name. */
  readonly node: string;
  /** Path of its file, as QEMU has opened it. */
  readonly file: string;
}

/** The node that takes the guest's writes now. */
export async function activeNode(qmp: Qmp): Promise<string> {
  const blocks = await qmp.execute('query-block');
  for (const block of Array.isArray(blocks) ? blocks : []) {
    if (!isObject(block) || !String(block['qdev']).includes('disk-root')) continue;
    const inserted = block['inserted'];
    if (isObject(inserted) && typeof inserted['node-name'] === 'string') return inserted['node-name'];
  }
  throw new Error('QEMU shows no root disk');
}

/** All that are qcow2, also those that nobody uses. */
export async function diskNodes(qmp: Qmp): Promise<DiskNode[]> {
  const nodes = await qmp.execute('query-named-block-nodes', { flat: true });
  return (Array.isArray(nodes) ? nodes : []).flatMap((node) => {
    if (!isObject(node) || node['drv'] !== 'qcow2' || typeof node['node-name'] !== 'string') return [];
    const file = fileOf(String(node['file']));
    return file === null ? [] : [{ node: node['node-name'], file }];
  });
}

/** A plain name, or the innermost first one of a JSON description. */
function fileOf(name: string): string | null {
  if (!name.startsWith('json:')) return name;
  try {
    const { file } = JSON.parse(name.slice('json:'.length)) as { file?: { filename?: unknown } };
    return typeof file?.filename === 'string' ? file.filename : null;
  } catch {
    return null;
  }
}
