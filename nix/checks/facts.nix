# What holds of a guest, as data: what a test can look at without building anything.
# tree: a nixpkgs, as a directory. guest: guest.json, as text. dir: where its modules are; null: none.
{
  tree,
  guest,
  dir ? null,
}:
let
  inherit (import ./tree.nix tree) nixpkgs overlay;
  inherit (nixpkgs) lib;
  guests = import ../lib.nix {
    inherit nixpkgs;
    source = ../.;
  };
  bundle = guests.mkGuest {
    guest = builtins.fromJSON guest;
    inherit dir;
    modules = [ { nixpkgs.overlays = [ overlay ]; } ];
  };
  inherit (bundle.nixos) config;

  passwords = user: [
    user.password
    user.hashedPassword
    user.initialPassword
    user.initialHashedPassword
    user.hashedPasswordFile
  ];
  opens =
    password:
    !builtins.elem password [
      null
      "!"
      "*"
    ];
  # Unit → the credentials that it takes.
  imported =
    services:
    lib.mapAttrs (_: service: service.serviceConfig.ImportCredential) (
      lib.filterAttrs (_: service: service.serviceConfig ? ImportCredential) services
    );
  pulseaudio = config.services.pulseaudio or config.hardware.pulseaudio;
in
{
  drvPath = bundle.drvPath;
  toplevel = config.system.build.toplevel.drvPath;
  manifest = bundle.manifest;
  inherit (config) warnings;
  users = {
    normal = lib.attrNames (lib.filterAttrs (_: user: user.isNormalUser) config.users.users);
    withPassword = lib.attrNames (
      lib.filterAttrs (_: user: lib.any opens (passwords user)) config.users.users
    );
    inherit (config.users) mutableUsers;
  };
  ssh = {
    inherit (config.services.openssh)
      enable
      ports
      hostKeys
      startWhenNeeded
      authorizedKeysFiles
      ;
    inherit (config.services.openssh.settings)
      PasswordAuthentication
      KbdInteractiveAuthentication
      PermitRootLogin
      ;
    inherit (config.systemd.services.sshd) aliases;
    inherit (config.services.openssh) extraConfig;
  };
  sudo = {
    inherit (config.security.sudo) enable extraConfig;
  };
  agent = {
    inherit (config.services.qemuGuest) enable;
    inherit (config.systemd.services.qemu-guest-agent) after;
  };
  inherit (config.networking) hosts;
  # How names of hosts are looked up, in order.
  lookup = config.system.nssDatabases.hosts;
  firewall = config.networking.firewall.enable;
  hostName = config.networking.hostName;
  mounts = lib.mapAttrs (_: mount: {
    inherit (mount)
      device
      fsType
      options
      neededForBoot
      ;
  }) config.fileSystems;
  initrd = {
    modules = config.boot.initrd.availableKernelModules ++ config.boot.initrd.kernelModules;
    systemd = config.boot.initrd.systemd.enable;
    units = lib.attrNames (config.boot.initrd.systemd.services // config.boot.initrd.systemd.units);
  };
  units = lib.attrNames config.systemd.services;
  provision = lib.attrNames config.systemd.tmpfiles.settings.provision;
  imported = {
    system = imported config.systemd.services;
    initrd = imported config.boot.initrd.systemd.services;
  };
  packages = lib.unique (map lib.getName config.environment.systemPackages);
  nix = {
    inherit (config.nix.settings) experimental-features trusted-users;
    gc = config.nix.gc.automatic;
    ld = config.programs.nix-ld.enable;
  };
  shell = lib.getName config.users.defaultUserShell;
  desktop = {
    plasma = config.services.desktopManager.plasma6.enable;
    sddm = config.services.displayManager.sddm.enable;
    wayland = config.services.displayManager.sddm.wayland.enable;
    firefox = config.programs.firefox.enable;
    autoLogin = config.services.displayManager.autoLogin.user;
  };
  audio = pulseaudio.enable;
  etc = lib.attrNames config.environment.etc;
  # Of what is copied into a home; `symlink` is a link into the store.
  skel = lib.mapAttrs (_: file: file.mode) (
    lib.filterAttrs (name: _: lib.hasPrefix "skel/" name) config.environment.etc
  );
  git = config.environment.etc.gitconfig.text or "";
  # What every shell reads when it starts.
  environment = config.system.build.setEnvironment.text;
  trust = {
    inherit (config.environment.etc."ssl/certs/ca-certificates.crt") mode target;
    source = toString config.environment.etc."ssl/certs/ca-certificates.crt".source;
  };
}
