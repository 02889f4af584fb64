# A guest bundle: manifest.json, and the files that it names. Its format is docs/on-disk.md's; every guest of ai-vm starts from one.
{
  config,
  lib,
  stdenv,
  runCommand,
  closureInfo,
  e2fsprogs,
  erofs-utils,
  fakeroot,
  gnutar,
  jq,
  libfaketime,
  qemu-utils,
}:
let
  cfg = config.ai-vm;
  store = import ./store.nix;
  inherit (config.system) build;
  inherit (config.system.boot.loader) kernelFile initrdFile;
  closure = closureInfo { rootPaths = [ build.toplevel ]; };

  root = [
    # By the initrd's own table of mounts.
    "root=fstab"
    "init=${store.booted}/init"
  ];
  always = [
    "9p"
    "overlay"
    "sound"
    "virtio-mem"
    "virtiofs"
  ];

  manifest = {
    formatVersion = 1;
    provider = "nixos";
    arch = stdenv.hostPlatform.parsed.cpu.name;
    # What is in it, and how it is put together.
    digest = builtins.hashString "sha256" (
      builtins.unsafeDiscardStringContext "${build.toplevel} ${builtins.readFile ./bundle.sh} ${builtins.toJSON store}"
    );
    boot = {
      kernel = "kernel";
      initrd = "initrd";
      params = root ++ lib.filter (param: !lib.hasPrefix "root=" param) config.boot.kernelParams;
    };
    disk = {
      file = "disk.qcow2";
      format = "qcow2";
      # Bytes. A machine's own disk is as large as it says, and the file system grows.
      virtualSize = 1073741824;
    };
    store = {
      inherit (store.image) file format;
    };
    versions = {
      distribution = "NixOS ${config.system.nixos.release}";
      kernel = config.boot.kernelPackages.kernel.modDirVersion;
      systemd = lib.toInt (lib.versions.major config.systemd.package.version);
    };
    features = always ++ lib.optional cfg.desktop.enable "desktop" ++ lib.optional cfg.warm "warm";
    inherit (cfg) agents;
  };
in
runCommand "ai-vm-guest"
  {
    nativeBuildInputs = [
      e2fsprogs
      erofs-utils
      fakeroot
      gnutar
      jq
      libfaketime
      qemu-utils
    ];
    inherit closure;
    inherit (build) toplevel;
    kernel = "${build.kernel}/${kernelFile}";
    initrd = "${build.initialRamdisk}/${initrdFile}";
    manifest = builtins.toJSON manifest;
    inherit (store)
      registration
      booted
      base
      rootUuid
      ;
    storeUuid = store.image.uuid;
    storeFile = store.image.file;
    passthru = {
      inherit config manifest;
    };
  }
  # One script, so that it can be run without the rest.
  (builtins.readFile ./bundle.sh)
