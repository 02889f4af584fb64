import { describe, expect, it } from '@jest/globals';
import type { VmConfig } from '../../../src/model/desired.ts';
import type { BootContext } from '../../../src/model/resource.ts';
import { machineArguments } from '../../../src/qemu/argv.ts';
import { desktop } from '../../../src/resources/desktop.ts';
import { bootContext, bundle, capabilities, vmConfig } from '../../fixtures/machines.ts';

const screen = { width: 1920, height: 1080 };
const withDesktop = { ...bundle, manifest: { ...bundle.manifest, features: [...bundle.manifest.features, 'desktop'] } };
const context = (over: Partial<VmConfig> = {}, more: Partial<BootContext> = {}): BootContext =>
  bootContext({ vm: vmConfig({ desktop: screen, users: ['ann', 'dev'], ...over }), bundle: withDesktop, ...more });

describe('a desktop', () => {
  it('is a screen of that size, a keyboard, a pointer and a socket of its own', () => {
    expect(desktop.boot(screen, context()).argv).toEqual([
      ...['-device', 'virtio-gpu-pci,id=gpu0,xres=1920,yres=1080,edid=on'],
      ...['-device', 'virtio-keyboard-pci,id=keyboard0', '-device', 'virtio-tablet-pci,id=tablet0'],
      ...['-vnc', 'unix:/run/user/1000/ai-vm/0123abcd/dev/vnc.sock'],
    ]);
  });

  it('logs the first user in, in images that have the unit for it', () => {
    expect(desktop.boot(screen, context()).params).toEqual(['systemd.wants=desktop@ann.service']);
    expect(desktop.boot(screen, context({}, { bundle })).params).toEqual([]);
    const nixos: BootContext['bundle'] = { ...bundle, manifest: { ...withDesktop.manifest, provider: 'nixos' } };
    expect(desktop.boot(screen, context({}, { bundle: nixos })).params).toEqual([]);
  });

  it('is nothing where there is none', () => {
    const { argv, params } = desktop.boot(false, context({ desktop: false }));
    expect([argv, params]).toEqual([[], []]);
  });

  it('waits for a restart with another size; with and without one are other images', () => {
    const other = { width: 1024, height: 768 };
    expect(desktop.changes(screen, other)).toMatchObject([
      { field: 'desktop', class: 'reboot', before: '1024x768', after: '1920x1080' },
    ]);
    expect([desktop.changes(screen, screen), desktop.changes(screen, false), desktop.changes(false, screen)]).toEqual([
      ...[[], [], []],
    ]);
  });
});

describe('a window', () => {
  const display = (vm: Partial<VmConfig>, window: 'gtk' | null): string => {
    const { argv } = machineArguments(context(vm, { host: capabilities({ window }) }), [], new Map());
    return argv[argv.indexOf('-display') + 1]!;
  };

  it('is for a desktop alone, and cannot be closed', () => {
    expect(display({}, 'gtk')).toBe('gtk,window-close=off');
    expect(display({}, null)).toBe('none');
    expect(display({ desktop: false }, 'gtk')).toBe('none');
  });
});
