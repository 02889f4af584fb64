# The Nix store: what the image brings, for reading, and over it what the machine builds. The layer that is written lies on the disk, or on
# the scratch disk of a machine that forgets.
{ config, lib, ... }:
let
  cfg = config.ai-vm;
  lower = "/nix/.ro-store";
  upper = "/nix/.rw-store";
  store = import ../store.nix;
in
{
  fileSystems = {
    ${lower} = {
      # Known by what it is, so that it may be any of the machine's disks.
      device = "/dev/disk/by-uuid/${store.image.uuid}";
      fsType = store.image.format;
      options = [ "ro" ];
      neededForBoot = true;
      noCheck = true;
    };
    "/nix/store" = {
      overlay = {
        lowerdir = [ lower ];
        upperdir = "${upper}/store";
        workdir = "${upper}/work";
      };
      neededForBoot = true;
    };
  };
  # The store of the host, where it is shared, is mounted here while the machine runs.
  systemd.tmpfiles.rules = lib.optional (cfg.store == "host") "d ${store.hostMount} 0755 root root -";

  # The paths that the image brings are made known to Nix once, so that it neither builds nor fetches what is there.
  systemd.services.nix-register = {
    description = "Register the image's store paths with Nix";
    wantedBy = [ "multi-user.target" ];
    before = [
      "nix-daemon.service"
      "nix-daemon.socket"
      "shutdown.target"
    ];
    conflicts = [ "shutdown.target" ];
    after = [ "local-fs.target" ];
    unitConfig = {
      DefaultDependencies = false;
      ConditionPathExists = "!${store.stamp}";
    };
    restartIfChanged = false;
    serviceConfig = {
      Type = "oneshot";
      RemainAfterExit = true;
    };
    script = ''
      set -eu
      ${config.nix.package}/bin/nix-store --load-db <${store.registration}
      mkdir -p "$(dirname ${store.stamp})"
      touch ${store.stamp}
    '';
  };

  nix = {
    channel.enable = false;
    settings = {
      experimental-features = [
        "nix-command"
        "flakes"
      ];
      # Whoever may use sudo may do all that this allows.
      trusted-users = [ "@sudo" ];
      # The scratch layer is not worth a second copy, and hard links do not work across layers.
      auto-optimise-store = false;
      # The disk is thin: room is made when it is needed, not by the clock.
      min-free = 1073741824;
      max-free = 4294967296;
    };
    gc = {
      automatic = true;
      dates = "weekly";
      randomizedDelaySec = "6h";
      options = "--delete-older-than 30d";
      persistent = false;
    };
  };
}
