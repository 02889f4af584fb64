# What `nix develop` brings: all that building, checking and testing ai-vm uses.
pkgs:
with pkgs;
[
  nodejs_22
  git
  qemu
  busybox
  cpio
  e2fsprogs
  erofs-utils
  jq
  kmod
  openssh
  util-linux
  virtiofsd
  xz
  zstd
  curl
  fish
  openssl
  shellcheck
  zsh
  nixfmt-rfc-style
  statix
  deadnix
]
# Not in every nixpkgs.
++ lib.optional (pkgs ? mmdebstrap) pkgs.mmdebstrap
