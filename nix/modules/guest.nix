# A quick boot straight into the kernel, and the units that every guest brings for its host: settings from credentials, and the agent.
{
  config,
  lib,
  pkgs,
  modulesPath,
  ...
}:
let
  growfs = "${config.systemd.package}/lib/systemd/systemd-growfs";
in
{
  imports = [ (modulesPath + "/profiles/qemu-guest.nix") ];

  # QEMU boots the kernel of the bundle.
  boot.loader.grub.enable = false;
  boot.kernelParams = [
    "net.ifnames=0"
    # One port, and no time spent on looking for others.
    "8250.nr_uarts=1"
    "systemd.gpt_auto=0"
    "audit=0"
    "random.trust_cpu=on"
  ];
  boot.blacklistedKernelModules = [
    "efi_pstore"
    "pstore"
  ];
  boot.extraModprobeConfig = ''
    options kvm_intel nested=1
    options kvm_amd nested=1
  '';

  # Nobody reads them here.
  documentation = {
    enable = lib.mkDefault false;
    man.enable = lib.mkDefault false;
    nixos.enable = lib.mkDefault false;
    info.enable = lib.mkDefault false;
    doc.enable = lib.mkDefault false;
  };

  # The clock is the host's.
  services.timesyncd.enable = lib.mkDefault false;
  time.timeZone = lib.mkDefault "UTC";
  i18n.defaultLocale = lib.mkDefault "C.UTF-8";
  services.journald.extraConfig = ''
    Storage=volatile
    RuntimeMaxUse=32M
  '';
  systemd.enableEmergencyMode = false;
  systemd.oomd.enable = lib.mkDefault false;

  # Users and files of this machine, which its host hands over as credentials when it boots. What the system itself
  # configures is done by activation, so sysusers has nothing else to read.
  systemd.services.guest-settings = {
    description = "Users and files from this machine's credentials";
    wantedBy = [ "multi-user.target" ];
    before = [
      "shutdown.target"
      "systemd-user-sessions.service"
    ];
    conflicts = [ "shutdown.target" ];
    after = [ "local-fs.target" ];
    unitConfig.DefaultDependencies = false;
    # Once for each boot: a rebuild does not take back what has been changed since.
    restartIfChanged = false;
    stopIfChanged = false;
    serviceConfig = {
      Type = "oneshot";
      RemainAfterExit = true;
      Environment = "CREDENTIALS_DIRECTORY=/run/credentials/@system";
      ExecStart = [
        "${config.systemd.package}/bin/systemd-sysusers /dev/null"
        "-${config.systemd.package}/bin/systemd-tmpfiles --create --boot provision.conf"
      ];
    };
  };

  # No users of a template in a machine that was cut off before it was told of its own: src/model/template-lists.ts.
  systemd.services.template-lists = {
    wantedBy = [ "guest-settings.service" ];
    before = [
      "guest-settings.service"
      "shutdown.target"
    ];
    conflicts = [ "shutdown.target" ];
    after = [ "local-fs.target" ];
    unitConfig = {
      DefaultDependencies = false;
      ConditionFileNotEmpty = "/etc/.ai-vm/made";
    };
    restartIfChanged = false;
    serviceConfig.Type = "oneshot";
    script = ''
      for list in group gshadow shadow passwd; do
        if [ -e /etc/.ai-vm/$list ]; then mv -f /etc/.ai-vm/$list /etc/$list
        elif [ -e /etc/.ai-vm/no-$list ]; then rm -f /etc/$list; fi
      done
      : >/etc/.ai-vm/made
    '';
  };

  # Read by the unit above and by the host, which wants the credential tmpfiles.extra carried out and nothing else.
  systemd.tmpfiles.settings.provision = {
    # Where other systems have it.
    "/usr/lib/systemd/systemd-growfs"."L+".argument = growfs;
  };
  # The first one comes before there are users, in the initrd as well. The other one is for a rebuild, and would take files back to what they
  # were at boot, whatever the host has written since: keys and variables, and in a copy of a machine those of another one.
  systemd.services.systemd-tmpfiles-setup.serviceConfig.ImportCredential = lib.mkForce "";
  systemd.services.systemd-tmpfiles-resetup.serviceConfig.ImportCredential = lib.mkForce "";
  boot.initrd.systemd.services.systemd-tmpfiles-setup.serviceConfig = {
    ImportCredential = lib.mkForce "";
  };

  services.qemuGuest.enable = true;
  systemd.services.qemu-guest-agent = {
    # Whoever gets an answer finds users and files in place, and all the room that the disk has.
    after = [
      "guest-settings.service"
      "grow-root.service"
    ];
    wants = [ "guest-settings.service" ];
    # A rebuild that was started through it would end with it.
    restartIfChanged = false;
    # All that a system has: what the host runs in here is the host's business.
    path = [
      "/run/wrappers"
      "/run/current-system/sw"
    ];
    serviceConfig = {
      KillMode = "process";
      OOMScoreAdjust = -900;
    };
  };

  # The disk is as large as the file says, the file system in its image is not.
  systemd.services.grow-root = {
    description = "Grow the root file system to its disk";
    wantedBy = [ "multi-user.target" ];
    after = [ "local-fs.target" ];
    # The scratch disk of a machine that forgets is made in its full size.
    unitConfig.ConditionKernelCommandLine = "!ai_vm.overlay";
    restartIfChanged = false;
    serviceConfig = {
      Type = "oneshot";
      RemainAfterExit = true;
      ExecStart = "${growfs} /";
    };
  };

  environment.systemPackages = [
    pkgs.e2fsprogs
    pkgs.procps
  ];
}
