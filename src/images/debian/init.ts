/**
 * /init of the initrd, run by busybox: loads the few modules, mounts the root, hands over to systemd. What it knows of the machine: the
 * root is /dev/vda; with `ai_vm.overlay` it is attached read-only and /dev/vdb is a scratch disk made anew on the host.
 */
export const INIT = `#!/bin/busybox sh
# Busybox runs its applets without looking for them; no other program is here.
export PATH=/bin

fail() {
  echo "ai-vm: the guest cannot start: $1" >/dev/console
  sync
  poweroff -f
  # Never reached where the machine can be switched off.
  while :; do sleep 3600; done
}

# await DEVICE: until the kernel has made it; the time is that of a very slow host.
await() {
  tries=0
  until [ -b "$1" ]; do
    tries=$((tries + 1))
    [ $tries -lt 600 ] || fail "$1 did not appear"
    usleep 50000
  done
}

mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
read -r cmdline </proc/cmdline
for module in $(cat /modules/boot); do insmod "/modules/$module" || echo "ai-vm: $module cannot be loaded" >/dev/console; done

await /dev/vda
case " $cmdline " in
*' ai_vm.overlay '*)
  for module in $(cat /modules/overlay); do insmod "/modules/$module" || fail "$module cannot be loaded"; done
  await /dev/vdb
  mkdir -p /lower /scratch
  mount -t ext4 -o ro,noload,noatime /dev/vda /lower || fail 'the root disk cannot be mounted'
  mount -t ext4 -o rw,noatime /dev/vdb /scratch || fail 'the scratch disk cannot be mounted'
  # A reboot from inside comes back to the same scratch disk: nothing of the boot before may be left on it.
  rm -rf /scratch/upper /scratch/work
  mkdir /scratch/upper /scratch/work || fail 'the scratch disk cannot be written'
  mount -t overlay -o lowerdir=/lower,upperdir=/scratch/upper,workdir=/scratch/work overlay /root ||
    fail 'the overlay cannot be mounted'
  ;;
*)
  mount -t ext4 -o rw,noatime /dev/vda /root || fail 'the root disk cannot be mounted'
  ;;
esac

# QEMU's user-mode network is the same for every machine: no daemon has to find that out.
if [ -e /sys/class/net/eth0 ]; then
  ip link set eth0 up
  ip addr add 10.0.2.15/24 dev eth0
  ip route add default via 10.0.2.2
fi

# What udev would make of its rules later on: the agent's port, and the nodes that load their module when they are opened.
for port in /sys/class/virtio-ports/*; do
  [ -r "$port/name" ] && read -r name <"$port/name" && [ -n "$name" ] || continue
  mkdir -p /dev/virtio-ports
  ln -s "../\${port##*/}" "/dev/virtio-ports/$name"
done
mkdir -p /dev/net /dev/mapper /dev/snd
mknod -m 666 /dev/net/tun c 10 200
mknod -m 666 /dev/fuse c 10 229
mknod -m 660 /dev/loop-control c 10 237

# Kept by systemd as its own /run. With a sound card, the agent waits for its driver.
mount -t tmpfs -o mode=0755,nosuid,nodev,size=20% tmpfs /root/run
for class in /sys/bus/pci/devices/*/class; do
  read -r kind <"$class" || continue
  case $kind in
  0x0403*)
    mkdir -p /root/run/systemd/system/qemu-guest-agent.service.d
    printf '[Unit]\\nWants=sound.service\\nAfter=sound.service\\n' >/root/run/systemd/system/qemu-guest-agent.service.d/sound.conf
    ;;
  esac
done

[ -x /root/sbin/init ] || fail 'the root disk holds no system'
for dir in dev sys proc; do mount --move "/$dir" "/root/$dir"; done
exec switch_root /root /sbin/init
`;
