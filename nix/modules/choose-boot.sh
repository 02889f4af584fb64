# shellcheck shell=bash disable=SC2154
# Called by switch-to-configuration with the system that is to boot from now on. QEMU starts the kernel of the machine's image, so a system
# with another kernel cannot be booted here. $link: what the initrd goes on to.
set -eu
booted=$(realpath /run/booted-system/kernel)
wanted=$(realpath "$1/kernel")
if [ "$booted" != "$wanted" ]; then
  cat >&2 <<END
ai-vm: this configuration has another kernel than the one that the machine was started with.
  running: $booted
  wanted:  $wanted
The kernel belongs to the image, which the host builds. Carry the change to the host's modules and run \`ai-vm up\` there.
Nothing was switched; the machine boots what it booted before.
END
  exit 1
fi
ln -sfn "$1" "$link.new"
mv -T "$link.new" "$link"
