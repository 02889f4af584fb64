import type { DesktopConfig } from '../model/desired.ts';
import { entry, type Node } from './tree.ts';

/** Without a resolution: large enough to work in, and quick to draw where nothing accelerates it. */
export const USUAL_SCREEN: DesktopConfig = { width: 1280, height: 800 };

/** `desktop`, of valid structure. */
export function readDesktop(node: Node | undefined): DesktopConfig | false {
  if (node?.kind === 'scalar') return node.value === true ? USUAL_SCREEN : false;
  if (node?.kind !== 'map') return false;
  const resolution = entry(node, 'resolution');
  if (resolution?.kind !== 'scalar') return USUAL_SCREEN;
  const [width, height] = String(resolution.value).split('x').map(Number);
  return { width: width!, height: height! };
}
