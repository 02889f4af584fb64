# Where the parts of a guest's Nix store are: known to whoever builds the bundle and to the guest that finds them.
{
  image = {
    file = "store.erofs";
    format = "erofs";
    # Of the file system: the guest knows it by this.
    uuid = "a1b75c0d-3f0e-4a4b-9d54-6e69782d7374";
  };
  # Where the host's own store is, for who has asked for it.
  hostMount = "/nix/.host-store";
  # Of the root's file system.
  rootUuid = "0e9d4c5c-7b52-4d5e-8f0b-61692d766d72";
  # What Nix is to know of the paths that the machine begins with.
  registration = "/nix/var/ai-vm/registration";
  stamp = "/nix/var/ai-vm/registered";
  # Which system boots; a root of the garbage collector as well. A rebuild moves it.
  booted = "/nix/var/nix/gcroots/ai-vm-boot";
  # What the image brings: never collected.
  base = "/nix/var/nix/gcroots/ai-vm-base";
}
