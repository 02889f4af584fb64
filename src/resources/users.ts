import type { GuestUser } from '../model/boot.ts';
import { guestUid } from '../model/guest-user.ts';
import { UNKNOWN, type Resource } from '../model/resource.ts';
import { part, valueChange } from './support.ts';

/**
 * `users`: key-only logins with passwordless sudo. The first one has the number of whom QEMU runs as on the host wherever
 * the guest's system leaves it free, so that a file in a share has the same owner on both sides.
 */
export const users: Resource<readonly string[]> = {
  name: 'users',
  desired: (vm) => vm.users,
  boot: (names, { runAs, identity }) => {
    const list: GuestUser[] = names.map((name, index) => ({
      name,
      uid: guestUid(runAs) + index,
      groups: ['sudo', 'audio'],
      sudo: true,
      authorizedKeys: [identity.publicKey],
    }));
    return part({ guest: { users: list } });
  },
  observe: (_seen, applied) => applied?.users ?? UNKNOWN,
  changes: (desired, observed) =>
    valueChange('users', observed.join(', '), desired.join(', '), 'reboot', 'users are made at boot'),
};
