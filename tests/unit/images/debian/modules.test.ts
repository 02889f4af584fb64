import { describe, expect, it } from '@jest/globals';
import { loadOrder, moduleName } from '../../../../src/images/debian/modules.ts';

const DEPENDENCIES = `kernel/fs/ext4/ext4.ko: kernel/lib/crc16.ko kernel/fs/mbcache.ko kernel/fs/jbd2/jbd2.ko
kernel/lib/crc16.ko:
kernel/fs/mbcache.ko:
kernel/fs/jbd2/jbd2.ko: kernel/lib/crc16.ko
kernel/drivers/net/virtio_net.ko.xz: kernel/drivers/net/net_failover.ko.xz kernel/net/core/failover.ko.xz
kernel/drivers/net/net_failover.ko.xz: kernel/net/core/failover.ko.xz
kernel/net/core/failover.ko.xz:
kernel/sound/pci/hda/snd-hda-intel.ko:
`;

describe('loadOrder', () => {
  it('loads each module after what it needs, and only once', () => {
    const order = loadOrder(DEPENDENCIES, ['ext4', 'virtio_net', 'ext4']).map(moduleName);
    expect(order).toEqual(['crc16', 'mbcache', 'jbd2', 'ext4', 'failover', 'net_failover', 'virtio_net']);
  });

  it('leaves out what is built into the kernel, and takes either spelling', () => {
    expect(loadOrder(DEPENDENCIES, ['virtio_pci', 'snd_hda_intel'])).toEqual(['kernel/sound/pci/hda/snd-hda-intel.ko']);
  });

  it('ends on a circle', () => {
    expect(loadOrder('a.ko: b.ko\nb.ko: a.ko\n', ['a'])).toHaveLength(2);
  });
});
