/**
 * Units of the guest. Two things are early: the agent and SSH, with the users, keys and files that they need. All else that a
 * system does at boot comes after them.
 */

import { MADE, PUT_BACK } from '../../model/template-lists.ts';

const unit = (lines: readonly string[]): string => `${lines.join('\n')}\n`;

const EARLY = ['DefaultDependencies=no', 'Conflicts=shutdown.target', 'Before=shutdown.target'];

const LATE = unit(['[Unit]', 'After=ssh.service qemu-guest-agent.service']);

const DIR = '/etc/systemd/system';

/** Path in the guest → content. */
export const UNITS: Readonly<Record<string, string>> = {
  [`${DIR}/guest-settings.service`]: unit([
    '[Unit]',
    "Description=Users and files from this machine's credentials",
    ...EARLY,
    'Wants=template-lists.service',
    'After=template-lists.service',
    '',
    '[Service]',
    'Type=oneshot',
    'RemainAfterExit=yes',
    '# Straight from where PID 1 put them: a mount of their own for each service would cost more than the work.',
    'Environment=CREDENTIALS_DIRECTORY=/run/credentials/@system',
    '# What the distribution itself configures has been done when the image was made.',
    'ExecStart=systemd-sysusers /dev/null',
    'ExecStart=-systemd-tmpfiles --create --boot /usr/lib/tmpfiles.d/provision.conf',
  ]),
  [`${DIR}/template-lists.service`]: unit([
    '[Unit]',
    'Description=No users of a template in a machine that was cut off before it was told of its own',
    ...EARLY,
    `ConditionFileNotEmpty=${MADE}`,
    '',
    '[Service]',
    'Type=oneshot',
    `ExecStart=/bin/sh -c '${PUT_BACK.replaceAll('$', '$$$$')}'`,
  ]),
  [`${DIR}/qemu-guest-agent.service`]: unit([
    '[Unit]',
    'Description=QEMU guest agent',
    ...EARLY,
    '# Whoever gets an answer finds users and files in place.',
    'After=guest-settings.service local-fs.target',
    '',
    '[Service]',
    'ExecStart=/usr/sbin/qemu-ga --method=virtio-serial --path=/dev/virtio-ports/org.qemu.guest_agent.0',
    'Restart=always',
    'RestartSec=100ms',
    'OOMScoreAdjust=-900',
    'KillMode=process',
  ]),
  [`${DIR}/ssh.service`]: unit([
    '[Unit]',
    'Description=OpenBSD Secure Shell server',
    ...EARLY,
    'After=guest-settings.service',
    '# A template has none: there it is started when a clone has been given its own.',
    'ConditionPathExists=/etc/ssh/ssh_host_ed25519_key',
    '',
    '[Service]',
    'Type=notify',
    'ExecStart=/usr/sbin/sshd -D',
    'ExecReload=/bin/kill -HUP $MAINPID',
    'KillMode=process',
    'Restart=always',
    'RestartSec=1s',
    'RuntimeDirectory=sshd',
    'RuntimeDirectoryMode=0755',
    'OOMScoreAdjust=-900',
  ]),
  // Wanted by the agent when the initrd saw a sound card: who gets an answer then can play.
  [`${DIR}/sound.service`]: unit([
    '[Unit]',
    'Description=Sound card',
    ...EARLY,
    '',
    '[Service]',
    'Type=oneshot',
    'RemainAfterExit=yes',
    'TimeoutStartSec=30s',
    'ExecStart=/usr/sbin/modprobe snd_hda_intel',
    "ExecStart=/bin/sh -c 'until [ -e /dev/snd/controlC0 ]; do sleep 0.1; done; chgrp audio /dev/snd/*; chmod 0660 /dev/snd/*'",
  ]),
  ...Object.fromEntries(
    [
      ...[
        'systemd-journald.service',
        'systemd-sysctl.service',
        'systemd-tmpfiles-setup.service',
        'systemd-udevd.service',
      ],
      ...['systemd-udevd-kernel.socket', 'systemd-udevd-control.socket', 'systemd-udev-trigger.service'],
    ].map((name) => [`${DIR}/${name}.d/10-late.conf`, LATE]),
  ),
  [`${DIR}/systemd-tmpfiles-setup.service.d/ai-vm.conf`]: unit([
    '[Service]',
    '# Without --remove: somebody may be at work in /tmp by now.',
    'ExecStart=',
    'ExecStart=systemd-tmpfiles --create --boot --exclude-prefix=/dev',
    'ImportCredential=',
  ]),
  [`${DIR}/systemd-udev-trigger.service.d/ai-vm.conf`]: unit([
    '[Service]',
    'ExecStart=',
    '# Only what rules do something about here; the rest of some 600 events costs ten seconds of emulation.',
    `ExecStart=-udevadm trigger --type=devices --action=add ${['block', 'net', 'virtio', 'pci', 'sound', 'misc'].map((name) => `--subsystem-match=${name}`).join(' ')}`,
  ]),
  [`${DIR}/systemd-growfs-root.service.d/ai-vm.conf`]: unit([
    '[Unit]',
    "# An overlay's scratch disk is made in its full size.",
    'ConditionKernelCommandLine=!ai_vm.overlay',
    'After=ssh.service qemu-guest-agent.service',
  ]),
  // Their sandboxes cost more, under emulation, than all they do at boot; and the whole machine is one.
  ...Object.fromEntries(
    ['systemd-journald.service', 'systemd-udevd.service'].map((name) => [
      `${DIR}/${name}.d/20-bare.conf`,
      unit([
        '[Service]',
        ...['DeviceAllow=', 'IPAddressDeny=', 'RestrictAddressFamilies=', 'RestrictNamespaces=no', 'SystemCallFilter='],
        ...['SystemCallArchitectures=', 'ProtectClock=no', 'ProtectHostname=no', 'MemoryDenyWriteExecute=no'],
        ...['LockPersonality=no', 'RestrictRealtime=no', 'RestrictSUIDSGID=no', 'PrivateMounts=no'],
      ]),
    ]),
  ),
};
