# A desktop: Plasma 6 on Wayland, and whoever the machine is for is logged in. Its size is the display's, which QEMU decides.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.ai-vm;
in
{
  config = lib.mkIf cfg.desktop.enable {
    services.desktopManager.plasma6.enable = true;
    services.displayManager = {
      sddm = {
        enable = true;
        wayland.enable = true;
      };
      defaultSession = "plasma";
      autoLogin = {
        enable = true;
        inherit (cfg) user;
      };
    };
    # The account comes with the machine.
    systemd.services.display-manager = {
      after = [ "guest-settings.service" ];
      wants = [ "guest-settings.service" ];
    };
    programs.firefox.enable = true;
    environment.systemPackages = [ pkgs.wl-clipboard ];
    boot.kernelModules = [ "virtio_gpu" ];
    hardware.graphics.enable = true;
    # Nobody is at the host's screen who could unlock it.
    environment.etc."xdg/kscreenlockerrc".text = ''
      [Daemon]
      Autolock=false
      LockOnResume=false
    '';
  };
}
