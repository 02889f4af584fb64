/** What the user's own flags ask of this host. */
import { loadConfig } from '../config/load.ts';
import { bareRoot } from '../config/bare.ts';
import type { Overrides } from '../config/settings.ts';
import type { Ask } from '../model/approval.ts';
import type { Desired } from '../model/desired.ts';
import { asksOf } from './asks.ts';

/**
 * The asks of the flags alone, for the machines that they are for. Paths count as they were typed: one that leads elsewhere
 * through a symlink, which a guest may have planted, is not what the user has said, and is asked about as ever.
 */
export function wordOf(over: Overrides, { dir, vms }: Desired): Ask[] {
  const names = vms.map((vm) => vm.name).filter((name) => over.vms.length === 0 || over.vms.includes(name));
  if (names.length === 0) return [];
  const { desired } = loadConfig({
    files: [{ path: over.source.path, text: over.source.text, parse: () => bareRoot(names) }],
    ...{ dir, env: {}, home: dir, projectName: 'word', over },
  });
  return asksOf(desired, new Map());
}
