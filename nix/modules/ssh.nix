# sshd by keys alone. Its own key and its variables come from the host; without a key it waits to be given one.
{ config, lib, ... }:
let
  inherit (builtins) attrNames;
  inherit (config) environment;
  # What NixOS sets for everybody, but for search paths, which belong to the system.
  ordinary = removeAttrs environment.variables (attrNames environment.profileRelativeEnvVars);
in
{
  services.openssh = {
    enable = true;
    ports = [ 22 ];
    openFirewall = false;
    # None is made here: one that is in an image would be everybody's.
    hostKeys = [ ];
    # The host puts each user's key there.
    authorizedKeysInHomedir = true;
    settings = {
      PasswordAuthentication = false;
      KbdInteractiveAuthentication = false;
      PermitRootLogin = "prohibit-password";
      UseDns = false;
      X11Forwarding = false;
    };
    # First, as sshd takes the first value that it reads.
    extraConfig = lib.mkBefore (
      ''
        HostKey /etc/ssh/ssh_host_ed25519_key
        Include /etc/ssh/sshd_config.d/*.conf
      ''
      # Everybody comes from the address of the gateway: a penalty for one would be for all.
      + lib.optionalString (lib.versionAtLeast config.programs.ssh.package.version "9.8") ''
        PerSourcePenalties no
      ''
    );
  };
  # `env` of the machine may say EDITOR or LANG as well, which NixOS would set anew in every shell.
  environment.extraInit = lib.mkAfter ''
    ai_vm_names=" ${toString (attrNames ordinary)} "
    ${builtins.readFile ./session-variables.sh}'';
  # The host writes in there, to a machine that starts warm before all else.
  systemd.tmpfiles.settings.provision."/etc/ssh/sshd_config.d".d.mode = "0755";
  systemd.services.sshd = {
    # Known to the host by the name that it has elsewhere.
    aliases = [ "ssh.service" ];
    after = [ "guest-settings.service" ];
    wants = [ "guest-settings.service" ];
    unitConfig.ConditionPathExists = "/etc/ssh/ssh_host_ed25519_key";
    serviceConfig = {
      ExecReload = "/bin/sh -c 'kill -HUP $MAINPID'";
      OOMScoreAdjust = -900;
      RestartSec = "1s";
    };
  };
}
