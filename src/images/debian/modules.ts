/** Kernel modules: which ones a virtual machine can need, and in which order the initrd loads its few. Pure. */

/**
 * Left out when the kernel's package is unpacked: drivers of hardware that QEMU does not have. dpkg takes the last pattern that
 * matches, so what is kept comes after.
 */
export const MODULE_EXCLUDES: readonly string[] = [
  ...[
    'drivers/accel drivers/atm drivers/auxdisplay drivers/bluetooth drivers/comedi drivers/cxl drivers/dma drivers/edac drivers/firewire',
    'drivers/gpio drivers/gpu drivers/greybus drivers/hsi drivers/hwmon drivers/hwtracing drivers/i2c drivers/iio drivers/infiniband',
    'drivers/input drivers/isdn drivers/leds drivers/media drivers/memstick drivers/message drivers/mfd drivers/misc drivers/mmc drivers/mtd',
    'drivers/net drivers/nfc drivers/ntb drivers/nvdimm drivers/parport drivers/pcmcia drivers/peci drivers/perf drivers/phy drivers/pinctrl',
    'drivers/platform drivers/power drivers/pps drivers/ptp drivers/pwm drivers/rapidio drivers/regulator drivers/rtc drivers/scsi',
    'drivers/slimbus drivers/soundwire drivers/spi drivers/ssb drivers/staging drivers/target drivers/thermal drivers/thunderbolt',
    'drivers/ufs drivers/usb drivers/video drivers/w1 drivers/watchdog drivers/xen',
    'fs/afs fs/bcachefs fs/ceph fs/coda fs/dlm fs/gfs2 fs/jfs fs/nilfs2 fs/ntfs3 fs/ocfs2 fs/orangefs fs/reiserfs fs/smb fs/ubifs fs/ufs',
    'net/atm net/batman-adv net/bluetooth net/can net/ceph net/hsr net/ieee802154 net/mac80211 net/mac802154 net/mctp net/nfc net/qrtr',
    'net/rds net/sctp net/smc net/sunrpc net/tipc net/wireless net/x25 net/ax25 net/rose net/netrom net/rxrpc',
    'sound/soc sound/firewire sound/usb sound/isa sound/drivers sound/pci',
  ]
    .join(' ')
    .split(' ')
    .map((dir) => `path-exclude=/usr/lib/modules/*/kernel/${dir}/*`),
  ...[
    'drivers/gpu/drm/drm*.ko*',
    'drivers/gpu/drm/virtio/*',
    'drivers/gpu/drm/tiny/bochs*',
    'drivers/input/evdev*',
    'drivers/net/bonding/*',
    'drivers/net/bareudp*',
    'drivers/net/dummy*',
    'drivers/net/geneve*',
    'drivers/net/ifb*',
    'drivers/net/ipvlan/*',
    'drivers/net/macv*',
    'drivers/net/net_failover*',
    'drivers/net/tap*',
    'drivers/net/team/*',
    'drivers/net/tun*',
    'drivers/net/veth*',
    'drivers/net/virtio_net*',
    'drivers/net/vrf*',
    'drivers/net/vxlan/*',
    'drivers/net/wireguard/*',
    'drivers/scsi/scsi_mod*',
    'drivers/scsi/scsi_common*',
    'drivers/scsi/sd_mod*',
    'drivers/scsi/sr_mod*',
    'drivers/scsi/sg*',
    'drivers/scsi/virtio_scsi*',
    'drivers/usb/core/*',
    'drivers/usb/common/*',
    'drivers/usb/host/xhci*',
    'drivers/usb/storage/usb-storage*',
    'sound/pci/hda/*',
  ].map((kept) => `path-include=/usr/lib/modules/*/kernel/${kept}`),
];

/** Loaded by the initrd before the root file system is mounted, with what they depend on. */
export const BOOT_MODULES: readonly string[] = ['virtio_blk', 'crc32c_generic', 'ext4', 'virtio_net', 'qemu_fw_cfg'];

/** Loaded only for an `overlay: true` machine. */
export const OVERLAY_MODULES: readonly string[] = ['overlay'];

/** Module names as modules.dep spells files: `kernel/fs/ext4/ext4.ko` → `ext4`; `-` and `_` are the same. */
export const moduleName = (file: string): string =>
  file
    .slice(file.lastIndexOf('/') + 1)
    .replace(/\.ko.*$/, '')
    .replaceAll('-', '_');

/**
 * The files to load for some modules, in an order in which each comes after what it needs.
 * @param dependencies text of modules.dep
 * @returns paths relative to the modules' directory; a module that is built into the kernel is none of them
 */
export function loadOrder(dependencies: string, wanted: readonly string[]): string[] {
  const needs = new Map<string, readonly string[]>();
  const files = new Map<string, string>();
  for (const line of dependencies.split('\n')) {
    const [file, rest] = line.split(':');
    if (file === undefined || rest === undefined) continue;
    files.set(moduleName(file), file);
    needs.set(file, rest.trim().split(/\s+/).filter(Boolean));
  }
  const ordered: string[] = [];
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const need of needs.get(file) ?? []) visit(need);
    ordered.push(file);
  };
  for (const name of wanted) {
    const file = files.get(name.replaceAll('-', '_'));
    if (file !== undefined) visit(file);
  }
  return ordered;
}
