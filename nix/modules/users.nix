# Accounts come with the machine, by sysusers: who they are, and with which number, is the host's business and builds nothing. Here is what
# they need to find. Nobody has a password.
{
  config,
  lib,
  pkgs,
  ...
}:
{
  users = {
    # Activation keeps the accounts that it does not know.
    mutableUsers = true;
    allowNoPasswordLogin = true;
    # As other systems call it, and the host says it.
    groups.sudo = { };
    defaultUserShell = pkgs.fish;
  };
  programs.fish.enable = true;

  # sysusers gives the shell that every system has. What the host runs in a session is written for it; a person gets fish.
  system.activationScripts.bin-bash = ''
    mkdir -p -m 0755 /bin
    ln -sfn ${config.programs.bash.package or pkgs.bashInteractive}/bin/bash /bin/.bash.new
    mv -T /bin/.bash.new /bin/bash
  '';
  programs.bash.interactiveShellInit = ''
    # From fish, one asks for bash by its name.
    if [[ -z ''${BASH_EXECUTION_STRING:-} && -t 0 && $(</proc/$PPID/comm) != fish ]]; then
      shopt -q login_shell && exec ${config.programs.fish.package}/bin/fish --login
      exec ${config.programs.fish.package}/bin/fish
    fi
  '';
  # What is copied into a new home: systems without these files have nothing to copy.
  environment.etc =
    lib.genAttrs
      [
        "skel/.bashrc"
        "skel/.profile"
        "skel/.bash_logout"
      ]
      (_: {
        text = "";
        # A file: of a link there would be a link in the home, to what nobody can write to.
        mode = "0644";
      });

  security.sudo = {
    enable = true;
    wheelNeedsPassword = false;
    # A file for each user that has been let in.
    extraConfig = "@includedir /etc/sudoers.d\n";
  };
  security.polkit.extraConfig = lib.mkIf config.security.polkit.enable ''
    polkit.addRule(function (action, subject) {
      if (subject.isInGroup("sudo")) return polkit.Result.YES;
    });
  '';
}
