# shellcheck shell=bash disable=SC2154
# Makes a guest bundle in $out. Given by the environment: toplevel, closure (what closureInfo makes), kernel, initrd, manifest (JSON without
# sizes and digests), storeFile, storeUuid, rootUuid, and where things are in the guest: registration, booted, base.
set -eu
mkdir "$out"
cp -- "$kernel" "$out/kernel"
cp -- "$initrd" "$out/initrd"

# The root: a few directories, which system boots, and what Nix is to know of the store.
root=$TMPDIR/root
mkdir -p "$root"/{dev,proc,sys,run,etc,var,home,mnt} "$root"/nix/{store,.ro-store,.rw-store} "$root"/nix/var/nix/{gcroots,profiles}
mkdir -m 700 "$root/root"
mkdir -m 1777 "$root/tmp"
chmod 1775 "$root/nix/store"
# Empty, not missing: systemd takes the number from its credential and does not believe in a first boot.
install -m 444 /dev/null "$root/etc/machine-id"
for link in "$booted" "$base" /nix/var/nix/profiles/system-1-link; do ln -s "$toplevel" "$root$link"; done
ln -s system-1-link "$root/nix/var/nix/profiles/system"
mkdir -p "$root$(dirname "$registration")"
cp -- "$closure/registration" "$root$registration"

size=$(jq -r .disk.virtualSize <<<"$manifest")
disk=$(jq -r .disk.file <<<"$manifest")
truncate -s "$size" "$TMPDIR/disk.raw"
# The same bytes whenever and by whomever it is made.
faketime -f '1970-01-01 00:00:01' fakeroot mke2fs -q -F -t ext4 -b 4096 -I 256 -E "hash_seed=$rootUuid,root_owner=0:0,lazy_itable_init=1" \
  -U "$rootUuid" -d "$root" "$TMPDIR/disk.raw"
qemu-img convert -f raw -O qcow2 "$TMPDIR/disk.raw" "$out/$disk"

tar --create --absolute-names --verbatim-files-from --files-from "$closure/store-paths" \
  --transform 'flags=rSh;s|^/nix/store/||' --sort=name --owner=0 --group=0 --numeric-owner --hard-dereference |
  mkfs.erofs --quiet -z lz4 -T 1 -U "$storeUuid" --force-uid=0 --force-gid=0 --tar=f "$out/$storeFile"

# What is in place, as it is checked before every use.
files='{}'
for file in "$out"/*; do
  chmod 444 "$file"
  files=$(jq -c --arg name "${file##*/}" --arg sha256 "$(sha256sum <"$file" | cut -d' ' -f1)" --argjson size "$(stat -c %s "$file")" \
    '.[$name] = { $sha256, $size }' <<<"$files")
done
jq --argjson files "$files" '. + { files: ($files | map_values(.sha256)), sizes: ($files | map_values(.size)) }' \
  <<<"$manifest" >"$out/manifest.json"
