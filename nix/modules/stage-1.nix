# The initrd: systemd, the modules of QEMU's devices, and the root disk. As in every guest of ai-vm the root is /dev/vda; with
# `ai_vm.overlay` it is attached read-only, and /dev/vdb is a scratch disk that the host has made anew.
{ config, lib, ... }:
{
  boot.initrd = {
    systemd.enable = true;
    systemd.emergencyAccess = lib.mkDefault false;
    availableKernelModules = [
      "virtio_pci"
      "virtio_blk"
      "virtio_console"
      "virtio_rng"
    ];
    # None for the hardware of other machines.
    includeDefaultModules = false;
    kernelModules = [
      # systemd takes its credentials from it, and is there before udev is.
      "qemu_fw_cfg"
      "ext4"
      "erofs"
      "overlay"
    ];
  };
  # Plugged in and mounted while the machine runs.
  boot.kernelModules = [
    "virtio_mem"
    "virtiofs"
    "9pnet_virtio"
    "9p"
    "fuse"
  ];

  fileSystems."/" = {
    device = "/dev/vda";
    fsType = "ext4";
    # The journal puts right what a power cut leaves behind; a disk that is attached for reading cannot be checked.
    noCheck = true;
    options = [ "noatime" ];
  };

  # The same units carry a machine that keeps its disk and one that forgets: which of them run is said on the kernel's command line.
  boot.initrd.systemd.units."sysroot.mount" = {
    overrideStrategy = "asDropin";
    text = ''
      [Unit]
      ConditionKernelCommandLine=!ai_vm.overlay
    '';
  };
  boot.initrd.systemd.services.sysroot-overlay = {
    description = "A root that forgets";
    unitConfig = {
      DefaultDependencies = false;
      ConditionKernelCommandLine = "ai_vm.overlay";
    };
    requires = [ "dev-vda.device" ];
    after = [
      "dev-vda.device"
      "systemd-modules-load.service"
      "sysroot.mount"
    ];
    requiredBy = [ "initrd-root-fs.target" ];
    before = [
      "initrd-root-fs.target"
      "sysroot-nix-.ro\\x2dstore.mount"
      "rw-sysroot-nix-store.service"
      "sysroot-nix-store.mount"
      "shutdown.target"
    ];
    conflicts = [ "shutdown.target" ];
    serviceConfig = {
      Type = "oneshot";
      RemainAfterExit = true;
    };
    script = ''
      set -eu
      export PATH=/bin
      mkdir -p /run/ai-vm-root/lower /run/ai-vm-root/scratch
      mount -t ext4 -o ro,noload,noatime /dev/vda /run/ai-vm-root/lower
      tries=0
      until [ -b /dev/vdb ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 600 ] || { echo 'the scratch disk did not appear' >&2; exit 1; }
        sleep 0.05
      done
      mount -t ext4 -o rw,noatime /dev/vdb /run/ai-vm-root/scratch
      cd /run/ai-vm-root/scratch
      # A reboot from inside comes back to the same scratch disk: nothing of the boot before may be left on it.
      rm -rf upper work store
      mkdir upper work store
      mount -t overlay -o lowerdir=/run/ai-vm-root/lower,upperdir=upper,workdir=work overlay /sysroot
      # The upper layer of the Nix store cannot lie on an overlay itself.
      mount --bind store /sysroot/nix/.rw-store
    '';
  };

  # An overlay has nothing to mount again, and growing is for what has a size of its own.
  systemd.services.systemd-remount-fs.unitConfig.ConditionKernelCommandLine = "!ai_vm.overlay";

  assertions = [
    {
      assertion = config.boot.initrd.systemd.enable;
      message = "ai-vm: guests need systemd in the initrd (boot.initrd.systemd.enable)";
    }
  ];
}
