/** guest.json: the build parameters of a guest, as nix/ reads them. Pure. */
import type { AgentName, NixosImage } from '../../model/desired.ts';
import { canonical } from '../digest.ts';

export type System = 'x86_64-linux' | 'aarch64-linux';

/** Packages whose licence is not free, which are allowed by name. */
const UNFREE: Readonly<Partial<Record<AgentName, string>>> = { claude: 'claude-code' };

/** The release whose defaults for stateful data the guests have: it stays, whatever nixpkgs they are made from. */
const STATE_VERSION = '24.11';

/**
 * Text of guest.json. What the user has written is in here as JSON strings, and in no Nix code.
 * @param modules paths relative to the generated flake
 */
export function guestJson(image: NixosImage, system: System, modules: readonly string[]): string {
  const { packages, agents, user, audio, desktop, store } = image;
  const guest = {
    ...{ formatVersion: 1, system, packages, modules, user, audio, desktop, agents, store },
    unfree: agents.flatMap((name) => UNFREE[name] ?? []),
    stateVersion: STATE_VERSION,
  };
  return `${canonical(guest)}\n`;
}
