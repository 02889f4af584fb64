import type { DesktopConfig } from '../model/desired.ts';
import { UNKNOWN, type BootContext, type Resource } from '../model/resource.ts';
import { option, part, valueChange } from './support.ts';

const text = ({ width, height }: DesktopConfig): string => `${width}x${height}`;

/** Debian guests log their first user in by a unit; the images of others know whom they are for. */
function sessionUnit({ vm, bundle: { manifest } }: BootContext): string | null {
  const [user] = vm.users;
  const hasUnit = manifest.provider === 'debian' && manifest.features.includes('desktop');
  return user !== undefined && hasUnit ? `desktop@${user}.service` : null;
}

/**
 * `desktop`: a screen with a mode of that size, a keyboard, and a pointer that is where the viewer's is. The screen is shown
 * on a socket of the machine's own, which nobody else reaches, and in a window where there can be one (qemu/argv.ts).
 */
export const desktop: Resource<DesktopConfig | false> = {
  name: 'desktop',
  desired: (vm) => vm.desktop,
  boot: (wanted, context) => {
    if (wanted === false) return part({});
    const unit = sessionUnit(context);
    return part({
      argv: [
        ...['-device', `virtio-gpu-pci,id=gpu0,xres=${wanted.width},yres=${wanted.height},edid=on`],
        ...['-device', 'virtio-keyboard-pci,id=keyboard0', '-device', 'virtio-tablet-pci,id=tablet0'],
        ...['-vnc', `unix:${option(context.paths.vnc)}`],
      ],
      params: unit === null ? [] : [`systemd.wants=${unit}`],
    });
  },
  observe: (_seen, applied) => applied?.desktop ?? UNKNOWN,
  // With and without one are two images, which is said of them.
  changes: (desired, observed) =>
    desired === false || observed === false
      ? []
      : valueChange('desktop', text(observed), text(desired), 'reboot', 'a screen is attached at start'),
};
