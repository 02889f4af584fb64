/** What of Nix code comes with ai-vm itself. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AiVmError } from '../../model/errors.ts';

const MARK = 'nix/wrapper/flake.nix';

/** The directory that ai-vm is installed in: the one above this code that has its Nix code; null: it came without. */
export function installation(from = import.meta.dirname): string | null {
  for (let dir = from; dir !== dirname(dir); dir = dirname(dir)) if (existsSync(join(dir, MARK))) return dir;
  return null;
}

/** Whether ai-vm brings a flake along that makes guests. */
export function hasOwnFlake(): boolean {
  const root = installation();
  return root !== null && existsSync(join(root, 'flake.nix'));
}

/** @throws AiVmError `host.missing` */
export function requireInstallation(): string {
  const root = installation();
  if (root !== null) return root;
  throw new AiVmError('host.missing', 'this installation of ai-vm has no Nix code', {
    why: `There is no ${MARK} beside or above ${import.meta.dirname}.`,
    fix: 'Install ai-vm whole, or declare `image: debian`.',
  });
}
