# Rebuilding from the inside. /etc/nixos holds the flake that the guest was built from, under git; what evaluating it needs is in the
# store already, so that an unchanged one gives the very same system without a network.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.ai-vm;
  store = import ../store.nix;
  root = toString cfg.etcNixos;

  # No more than what is built from: a file that is put beside it inside the guest makes no other system.
  isPart =
    path:
    builtins.elem path [
      "flake.nix"
      "flake.lock"
      "guest.json"
      "modules"
    ]
    || lib.hasPrefix "modules/" path;
  flake = builtins.path {
    name = "etc-nixos";
    path = cfg.etcNixos;
    filter = path: _type: isPart (lib.removePrefix "${root}/" path);
  };

  nixos-rebuild = pkgs.writeShellScriptBin "nixos-rebuild" ''
    # The machine's own flake, unless another one is named.
    for argument in "$@"; do
      case $argument in
      --flake | --flake=* | -F | --file | -f | --attr | -A) exec ${config.system.build.nixos-rebuild}/bin/nixos-rebuild "$@" ;;
      esac
    done
    exec ${config.system.build.nixos-rebuild}/bin/nixos-rebuild "$@" --flake /etc/nixos#guest
  '';

  rebuild = pkgs.writeShellScriptBin "rebuild" ''
    export PATH=${pkgs.git}/bin:$PATH
    ${builtins.readFile ./rebuild.sh}'';
in
{
  config = lib.mkMerge [
    {
      # What boots is decided by a link: QEMU starts the kernel of the image, and its initrd goes on to where this points.
      system.build.installBootLoader = pkgs.writeShellScript "choose-boot" ''
        export PATH=${pkgs.coreutils}/bin link=${store.booted}
        ${builtins.readFile ./choose-boot.sh}'';
    }
    (lib.mkIf (cfg.etcNixos != null) {
      environment.systemPackages = [
        (lib.hiPrio nixos-rebuild)
        rebuild
      ];
      # It is root's, and anybody may look at it, and build from it: git, and Nix by it, refuse what belongs to somebody else.
      programs.git.config.safe.directory = [ "/etc/nixos" ];
      # nixpkgs is known to it already, by NixOS itself.
      nix.registry.ai-vm = lib.mkIf (cfg.source != null) {
        to = {
          type = "path";
          path = "${cfg.source}";
        };
      };
      system.extraDependencies = lib.unique (map (source: "${source}") cfg.sources);

      systemd.services.etc-nixos = {
        description = "The configuration of this machine in /etc/nixos";
        wantedBy = [ "multi-user.target" ];
        after = [
          "guest-settings.service"
          "sshd.service"
          "qemu-guest-agent.service"
        ];
        # Once, and then it belongs to whoever works in here.
        unitConfig.ConditionPathExists = "!/etc/nixos";
        restartIfChanged = false;
        path = [ pkgs.git ];
        serviceConfig = {
          Type = "oneshot";
          RemainAfterExit = true;
        };
        script = ''
          set -eu
          rm -rf /etc/.nixos.new
          cp -r --no-preserve=mode,ownership ${flake} /etc/.nixos.new
          cp --no-preserve=mode,ownership ${./etc-nixos.md} /etc/.nixos.new/README.md
          cd /etc/.nixos.new
          git init -q -b main
          git add -A
          git -c user.name=ai-vm -c user.email=ai-vm@localhost commit -q -m 'As this machine was built'
          sync
          mv /etc/.nixos.new /etc/nixos
        '';
      };
    })
  ];
}
