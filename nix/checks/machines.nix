# Guests that are started from their bundles, as a host of ai-vm starts them, and looked at from within. They need a Nix that may use
# /dev/kvm, or much patience.
{
  pkgs,
  guests,
  system,
}:
let
  inherit (pkgs) lib;

  # How the driver of NixOS's tests talks to a machine.
  instrumented =
    { modulesPath, ... }:
    {
      imports = [ (modulesPath + "/testing/test-instrumentation.nix") ];
    };

  # As the wrapper of a machine is: a flake in a directory.
  dir = ../wrapper;
  bundle = guests.mkGuest {
    guest = {
      inherit (guests) formatVersion;
      inherit system;
    };
    inherit dir;
    modules = [ instrumented ];
  };
  inherit (bundle) manifest;

  credentials = pkgs.linkFarm "credentials" (
    lib.mapAttrsToList
      (name: text: {
        inherit name;
        path = pkgs.writeText name text;
      })
      {
        "system.machine_id" = "0123456789abcdef0123456789abcdef";
        "sysusers.extra" = ''
          u dev 1234 "dev" /home/dev /bin/bash
          m dev sudo
        '';
        "tmpfiles.extra" = ''
          d /home/dev 0750 dev dev -
          f+ /etc/sudoers.d/90-ai-vm-dev 0440 root root - dev ALL=(ALL:ALL) NOPASSWD: ALL
        '';
        "fstab.extra" = "ro-share /mnt/host-ro/share 9p ro,trans=virtio,version=9p2000.L,nofail 0 0\n";
      }
  );

  # What a host gives beyond the bundle; the driver adds its own devices.
  start =
    { overlay }:
    lib.concatStringsSep " " (
      [
        "${pkgs.qemu_test}/bin/qemu-system-${pkgs.stdenv.hostPlatform.qemuArch}"
        "-machine q35,accel=kvm:tcg -cpu max -m 2048 -smp 2 -nodefaults"
        "-kernel ${bundle}/${manifest.boot.kernel} -initrd ${bundle}/${manifest.boot.initrd}"
        "-append '${
          lib.concatStringsSep " " (
            [ "console=ttyS0 root=/dev/vda rw" ] ++ lib.optional overlay "ai_vm.overlay" ++ manifest.boot.params
          )
        }'"
        "-drive if=none,id=root,format=qcow2,file=${
          if overlay then "${bundle}/${manifest.disk.file},readonly=on" else "@dir@/disk.qcow2"
        }"
        "-device virtio-blk-pci,drive=root"
      ]
      ++ lib.optionals overlay [
        "-drive if=none,id=scratch,format=raw,file=@dir@/scratch.img"
        "-device virtio-blk-pci,drive=scratch"
      ]
      ++ [
        "-drive if=none,id=store,format=raw,readonly=on,file=${bundle}/${manifest.store.file}"
        "-device virtio-blk-pci,drive=store"
        "-fsdev local,id=share,path=${pkgs.writeTextDir "there" "yes\n"},security_model=none,readonly=on"
        "-device virtio-9p-pci,fsdev=share,mount_tag=ro-share"
      ]
      ++ map (name: "-fw_cfg name=opt/io.systemd.credentials/${name},file=${credentials}/${name}") [
        "system.machine_id"
        "sysusers.extra"
        "tmpfiles.extra"
        "fstab.extra"
      ]
    );

  test =
    {
      name,
      script,
      overlay ? false,
    }:
    pkgs.testers.runNixOSTest {
      inherit name;
      nodes = { };
      testScript = ''
        import os
        import subprocess

        os.chdir(os.environ.get("TMPDIR", "/tmp"))
        ${
          if overlay then
            ''
              subprocess.check_call(["truncate", "-s", "4G", "scratch.img"])
              subprocess.check_call(["${pkgs.e2fsprogs}/bin/mke2fs", "-q", "-F", "-t", "ext4", "scratch.img"])
            ''
          else
            ''
              subprocess.check_call(["${pkgs.qemu_test}/bin/qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2",
                "-b", "${bundle}/${manifest.disk.file}", "disk.qcow2", "8G"])
            ''
        }
        command = ${
          builtins.toJSON (start {
            inherit overlay;
          })
        }
        machine = create_machine(command.replace("@dir@", os.getcwd()))
        machine.start(allow_reboot=True)
        machine.wait_for_unit("multi-user.target")
        ${script}
      '';
    };
in
{
  integration-test = test {
    name = "integration-test";
    script = ''
      with subtest("users and files are those of the credentials"):
          machine.succeed("[ $(id -u dev) = 1234 ]", "su - dev -c 'sudo -n true'")
          machine.succeed("[ $(cat /etc/machine-id) = 0123456789abcdef0123456789abcdef ]")
          machine.fail("grep -E '^[^:]*::' /etc/shadow")
      with subtest("a share for reading can be read, and not written"):
          machine.succeed("grep yes /mnt/host-ro/share/there")
          machine.fail("touch /mnt/host-ro/share/new")
          machine.fail("mount -o remount,rw /mnt/host-ro/share && touch /mnt/host-ro/share/new")
      with subtest("the disk has grown"):
          machine.succeed("[ $(df --output=size / | tail -1) -gt 7000000 ]")
      with subtest("the store can be written, and what is in it is known"):
          machine.succeed("nix-store --check-validity /run/current-system")
          machine.succeed("nix-store --add /etc/hostname || nix-store --add /etc/machine-id")
      with subtest("what is needed runs, and nothing has failed"):
          machine.succeed("systemctl is-active nix-daemon.socket")
          machine.succeed("[ -z \"$(systemctl --failed --no-legend)\" ]")
    '';
  };

  overlay-test = test {
    name = "overlay-test";
    overlay = true;
    script = ''
      machine.succeed("touch /root/left", "nix-store --add /etc/machine-id")
      machine.reboot()
      machine.wait_for_unit("multi-user.target")
      machine.fail("[ -e /root/left ]")
      machine.succeed("nix-store --check-validity /run/current-system")
    '';
  };

  nested-test = test {
    name = "nested-test";
    script = ''
      # An emulated processor always can, a real one where its host lets it.
      if machine.execute("grep -Eqw 'svm|vmx' /proc/cpuinfo")[0] == 0:
          with subtest("machines of its own can be made in it, by its user as well"):
              machine.succeed("python3 -c 'import fcntl, os; fcntl.ioctl(os.open(\"/dev/kvm\", os.O_RDWR), 0xAE01, 0)'")
              machine.succeed("su - dev -c '[ -w /dev/kvm ]'")
      else:
          machine.log("not looked at: this host allows no machines within machines")
    '';
  };

  nixos-rebuild-test = test {
    name = "nixos-rebuild-test";
    script = ''
      with subtest("the configuration is there, under git"):
          machine.wait_for_unit("etc-nixos.service")
          machine.succeed("git -C /etc/nixos log -1 --format=%s | grep 'As this machine was built'")
      with subtest("a system with another kernel is refused, and the one that boots stays"):
          machine.succeed("mkdir /tmp/other && touch /tmp/other/kernel")
          before = machine.succeed("readlink /nix/var/nix/gcroots/ai-vm-boot")
          machine.fail("${bundle.nixos.config.system.build.installBootLoader} /tmp/other")
          assert before == machine.succeed("readlink /nix/var/nix/gcroots/ai-vm-boot")
      with subtest("the same system is chosen again, and all mounts are kept"):
          mounts = machine.succeed("findmnt -rno TARGET,FSTYPE | sort")
          machine.succeed("/run/current-system/bin/switch-to-configuration switch")
          assert mounts == machine.succeed("findmnt -rno TARGET,FSTYPE | sort")
      with subtest("collecting garbage leaves what the image brings"):
          machine.succeed("nix-collect-garbage -d")
          machine.succeed("nix-store --check-validity /run/current-system")
    '';
  };
}
