/** The Nix store of the host, for guests with `store: host`. */
import type { ShareConfig } from './desired.ts';

export const HOST_STORE: ShareConfig = {
  ...{ path: '/nix/store', target: '/nix/.host-store', mode: 'ro', driver: 'auto', allowSensitive: false },
};
