import type { GuestUser } from '../model/boot.ts';
import { guestUid } from '../model/guest-user.ts';
import type { RunAs } from '../model/capabilities.ts';
import type { LiveStep } from '../model/live.ts';
import { UNKNOWN, type BootContext, type Resource } from '../model/resource.ts';
import { part, valueChange } from './support.ts';

/** @param publicKey of the key that opens all of them; none yet where nobody is to log in */
export const usersOf = (names: readonly string[], runAs: RunAs, publicKey?: string): GuestUser[] =>
  names.map((name, index) => ({
    ...{ name, uid: guestUid(runAs) + index, groups: ['sudo', 'audio'], sudo: true },
    authorizedKeys: publicKey === undefined ? [] : [publicKey],
  }));

/**
 * What a user has made stays; there is no way in any more, and what runs of them ends. Whom we have made is known by their
 * rule of sudo, in the guest itself, so that nobody is forgotten whose change was cut off.
 */
const lockOutOthers = (names: readonly string[]): LiveStep => ({
  do: 'guest',
  title: `lock out all but ${names.join(', ')}`,
  script: `for rule in /etc/sudoers.d/90-ai-vm-*; do
  name=\${rule#/etc/sudoers.d/90-ai-vm-}
  case ' ${names.join(' ')} ' in *" $name "*) continue ;; esac
  [ -e "$rule" ] || continue
  rm -f -- "/home/$name/.ssh/authorized_keys"
  ! id -u -- "$name" >/dev/null 2>&1 || { usermod -e 1 -- "$name" && { pkill -KILL -u "$name" || :; }; } || exit 1
  rm -f -- "$rule"
done
`,
});

/** One who was locked out is there already, so that nothing makes them anew. */
const letIn = (names: readonly string[]): LiveStep => ({
  do: 'guest',
  title: `let in ${names.join(', ')}`,
  script: `for name in ${names.join(' ')}; do usermod -e '' -- "$name" || exit 1; done\n`,
});

/** Nobody but these can log in, whoever could before. */
export const usersSteps = (names: readonly string[], context: BootContext): LiveStep[] => [
  lockOutOthers(names),
  {
    do: 'settings',
    title: 'make its users',
    settings: { users: usersOf(names, context.runAs, context.identity.publicKey) },
  },
  letIn(names),
];

/**
 * `users`: key-only logins with passwordless sudo. The first one has the number of whom QEMU runs as on the host wherever
 * the guest's system leaves it free, so that a file in a share has the same owner on both sides.
 */
export const users: Resource<readonly string[]> = {
  name: 'users',
  desired: (vm) => vm.users,
  boot: (names, context) => part({ guest: { users: usersOf(names, context.runAs, context.identity.publicKey) } }),
  observe: (_seen, applied) => applied?.users ?? UNKNOWN,
  changes: (desired, observed) => {
    // The number of a user follows from its place, and what is on the disk belongs to numbers.
    const stay = observed.every((name, n) => !desired.includes(name) || desired[n] === name);
    const why = stay ? '' : 'users would get other numbers: their files stay with the old ones';
    return valueChange('users', observed.join(', '), desired.join(', '), stay ? 'live' : 'reboot', why);
  },
  steps: (_change, names, context) => usersSteps(names, context),
  adopt: (applied, _change, { users: after }) => ({ ...applied, config: { ...applied.config, users: after } }),
};
