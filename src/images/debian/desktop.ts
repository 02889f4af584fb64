/** What makes a desktop of a Debian guest: an X server without acceleration, Xfce, and its user logged in on the screen. */
import type { GuestTextFile } from './guest.ts';

const unit = (lines: readonly string[]): GuestTextFile => ({ content: `${lines.join('\n')}\n` });

const PACKAGES: readonly string[] = [
  ...['xserver-xorg-core', 'xserver-xorg-input-libinput', 'xinit', 'xauth', 'x11-xserver-utils'],
  // Who is at the screen is known to logind, which hands out the screen and the keyboard.
  ...['libpam-systemd', 'dbus-user-session', 'dbus-x11'],
  ...['xfce4-session', 'xfwm4', 'xfce4-panel', 'xfdesktop4', 'xfce4-settings', 'xfce4-terminal', 'thunar'],
  ...['adwaita-icon-theme', 'fonts-dejavu-core'],
];

/** The instance is the user: the account comes with the machine, and the kernel's command line wants the unit for it. */
export const DESKTOP_UNIT = 'desktop@';

const FILES: Readonly<Record<string, GuestTextFile>> = {
  [`/etc/systemd/system/${DESKTOP_UNIT}.service`]: unit([
    '[Unit]',
    'Description=Desktop of %i',
    'After=guest-settings.service ssh.service qemu-guest-agent.service systemd-udev-trigger.service dbus.socket systemd-logind.service',
    'Wants=systemd-logind.service',
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    'User=%i',
    'PAMName=desktop',
    'WorkingDirectory=~',
    'TTYPath=/dev/tty1',
    'TTYReset=yes',
    'TTYVHangup=yes',
    'StandardInput=tty-fail',
    'StandardOutput=journal',
    'StandardError=journal',
    'Environment=XDG_SESSION_TYPE=x11 XDG_SESSION_CLASS=user XDG_SESSION_DESKTOP=xfce XDG_CURRENT_DESKTOP=XFCE XDG_SEAT=seat0 XDG_VTNR=1',
    '# The screen is there before anybody looks for it. The first terminal is the one that a boot ends on.',
    'ExecStartPre=+/usr/sbin/modprobe -a virtio_gpu virtio_input evdev',
    'ExecStartPre=+/usr/bin/udevadm trigger --settle --action=add --subsystem-match=drm --subsystem-match=input',
    'ExecStart=/usr/bin/startx /usr/bin/startxfce4 -- /usr/lib/xorg/Xorg :0 vt1 -keeptty -nolisten tcp -noreset',
    '# Nobody has a password to log in again with.',
    'Restart=always',
    'RestartSec=2s',
  ]),
  '/etc/pam.d/desktop': unit([
    '# Logged in by the machine itself: nothing authenticates.',
    'auth required pam_deny.so',
    'account required pam_permit.so',
    'session required pam_limits.so',
    'session required pam_env.so',
    'session required pam_env.so envfile=/etc/default/locale',
    'session required pam_systemd.so',
  ]),
  '/etc/X11/xorg.conf.d/10-ai-vm.conf': unit([
    'Section "Device"',
    '  Identifier "screen"',
    '  Driver "modesetting"',
    '  # There is no accelerator behind it, and looking for one takes seconds when emulated.',
    '  Option "AccelMethod" "none"',
    'EndSection',
    '',
    '# Whoever looks from the host finds the screen on.',
    'Section "ServerFlags"',
    '  Option "BlankTime" "0"',
    '  Option "StandbyTime" "0"',
    '  Option "SuspendTime" "0"',
    '  Option "OffTime" "0"',
    'EndSection',
  ]),
  '/etc/systemd/system/systemd-udev-trigger.service.d/desktop.conf': unit([
    '[Service]',
    'ExecStart=-udevadm trigger --type=devices --action=add --subsystem-match=input --subsystem-match=drm --subsystem-match=graphics',
  ]),
};

const rule = (name: string): string => `/etc/udev/rules.d/${name}.rules`;

export const DESKTOP = {
  packages: PACKAGES,
  files: FILES,
  /** Paths of the masks that a guest with a screen does without. */
  unmasked: [
    '/etc/systemd/system/systemd-logind.service',
    '/etc/tmpfiles.d/x11.conf',
    ...['60-drm', '60-evdev', '60-input-id', '60-persistent-input', '70-mouse', '70-power-switch', '70-touchpad'].map(
      rule,
    ),
    ...['70-uaccess', '71-seat', '73-seat-late'].map(rule),
  ],
} as const;
