/**
 * The shell scripts that run as root of the build's namespace. Each can be run again after it was killed in the middle.
 * Their working directory is the build's; the tree is ./root.
 */

/**
 * Makes ./root. $1 suite, $2 packages with commas, $3 directory of downloaded packages, then the mirrors' lines.
 * Packages stay in $3, also when this is killed: apt goes on from there.
 */
export const TREE_SCRIPT = `set -eu
umask 022
suite=$1 packages=$2 AI_VM_DEBS=$3
shift 3
export AI_VM_DEBS
# No initrd of Debian's: we make our own, and theirs takes a third of the time.
export INITRD=No
rm -rf root.partial tmp
mkdir -p tmp "$AI_VM_DEBS/partial"
export TMPDIR="$PWD/tmp"
set -- "$suite" root.partial "$@"
mmdebstrap --verbose --mode=root --variant=minbase --format=directory --include="$packages" --dpkgopt=dpkg-options \\
  --skip=download/empty,essential/unlink,cleanup/apt/cache \\
  --setup-hook='mkdir -p "$1/var/cache/apt/archives" && mount --bind "$AI_VM_DEBS" "$1/var/cache/apt/archives"' \\
  --customize-hook='umount "$1/var/cache/apt/archives"' \\
  "$@"
rm -rf root.partial/var/cache/apt/archives tmp
mkdir -p root.partial/var/cache/apt/archives/partial
mv root.partial root
`;

/** Makes the tree our guest: ./files is laid over it, what ./remove lists goes, modules are unpacked. */
export const CUSTOMISE_SCRIPT = `set -eu
umask 022
set -f
while read -r pattern; do
  case $pattern in /?*) ;; *) continue ;; esac
  set +f
  rm -rf root$pattern
  set -f
done <remove
cp -R -P --no-preserve=ownership --preserve=mode,links --remove-destination files/. root/
chmod 0755 root
for modules in $(find root/usr/lib/modules -mindepth 1 -maxdepth 1 -type d); do
  # Unpacking a module in the guest, at every boot, costs more than its space.
  find "$modules" -name '*.ko.xz' -print0 | xargs -0 -r -P "$(nproc)" -n 64 xz -d -f
  chroot root depmod "\${modules##*/}"
done
# The kernel comes from the bundle: an upgrade in the guest would only take its modules away.
installed=$(chroot root dpkg-query -W -f '\${db:Status-Status} \${Package}\\n' 'linux-image*' | sed -n 's/^installed //p')
chroot root apt-mark hold $installed >/dev/null
chroot root ldconfig
# These are newer than anything in /usr: systemd need not bring anything up to date at boot.
touch root/etc/.updated root/var/.updated
`;

/**
 * Runs a script as root of ./root, with the host's network and name server. $1 script, then its arguments. What is mounted is so in
 * the build's own namespace alone.
 */
export const INSTALL_SCRIPT = `set -eu
umask 022
script=$1
shift
resolv=$(readlink -f /etc/resolv.conf)
mount -t proc proc root/proc
mount --rbind /dev root/dev
mount --bind "$resolv" root/etc/resolv.conf
mkdir -p root/tmp
code=0
HOME=/root TMPDIR=/tmp chroot root /bin/sh -c "$script" install "$@" || code=$?
umount root/etc/resolv.conf
umount -l root/dev
umount root/proc
rm -rf root/root/.cache root/root/.local
exit "$code"
`;

/** Makes ./disk.raw from ./root. $1 = size in MiB beyond what the tree takes. */
export const DISK_SCRIPT = `set -eu
umask 022
used=$(du -s --block-size=1M root | cut -f1)
# Multiples of 256 MiB, with a fifth for the file system itself and room to breathe.
size=$(((used * 6 / 5 + $1 + 255) / 256 * 256))
rm -f disk.raw
truncate -s "\${size}M" disk.raw
# Checksums of metadata cost the emulated guest more than they tell it of a disk that is a file of the host.
mke2fs -q -F -t ext4 -b 4096 -L root -O ^metadata_csum,^orphan_file -E lazy_itable_init=0,lazy_journal_init=0,root_owner=0:0 -d root disk.raw
`;
