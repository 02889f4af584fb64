/** What a guest that has booted by itself has to be told again: it came up as it was first started. Pure. */
import { RELOAD_SSHD } from '../../model/sshd.ts';
import type { GuestMount } from '../../model/boot.ts';
import type { LiveStep } from '../../model/live.ts';
import type { BootContext } from '../../model/resource.ts';
import { guestSettings } from '../../qemu/argv.ts';
import { usersSteps } from '../../resources/users.ts';
import { argumentsOf } from '../warm/shape.ts';

/** @param boot the machine as it is recorded, with the shares that it has */
export function renewal(boot: BootContext): LiveStep[] {
  const attached = boot.attached ?? [];
  const settings = guestSettings(argumentsOf(boot, new Map()).parts);
  const { cpus } = boot.vm;
  // What is not there is a change by itself.
  const isThere = ({ tag, type }: GuestMount): boolean =>
    type === '9p' || attached.some((share) => share.served && share.tag === tag);
  return [
    { do: 'settings', title: 'write its files', settings: { files: settings.files } },
    { do: 'guest', title: 'tell sshd of it', script: RELOAD_SSHD },
    { do: 'forget-login', title: 'begin new sessions' },
    { do: 'vcpus', title: `have ${cpus} vCPUs online`, count: cpus },
    ...usersSteps(boot.vm.users, boot),
    ...settings.mounts
      .filter(isThere)
      .map((mount): LiveStep => ({ do: 'mount', title: `mount ${mount.target}`, mount })),
  ];
}
