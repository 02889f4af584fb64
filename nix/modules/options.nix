# What can be said about a guest: its build parameters, as options.
{ lib, ... }:
let
  inherit (lib) mkEnableOption mkOption types;
in
{
  options.ai-vm = {
    user = mkOption {
      type = types.str;
      default = "dev";
      description = "Whom the machine is for. The account itself comes with the machine, not with its image.";
    };
    packages = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [
        "nodejs_22"
        "python3Packages.requests"
      ];
      description = "Packages of nixpkgs, by their attribute path.";
    };
    tools = mkEnableOption "the development tools" // {
      default = true;
    };
    agents = mkOption {
      type = types.listOf (types.enum (builtins.attrNames (import ../agents.nix)));
      default = [ ];
      description = "Coding agents.";
    };
    unfree = mkOption {
      type = types.listOf types.str;
      default = [ ];
      description = "Names of the packages that may be unfree. No other ones may.";
    };
    store = mkOption {
      type = types.enum [
        "image"
        "host"
      ];
      default = "image";
      description = "`host`: the store of the host is shared for reading as well, beside the guest's own.";
    };
    warm = mkOption {
      type = types.bool;
      default = false;
      description = ''
        Whether new machines start from the memory of one that has booted. What that asks of a guest is in here; nobody has seen it on
        NixOS yet. Where it does not work, machines boot, with a warning.
      '';
    };
    desktop.enable = mkEnableOption "a graphical desktop";
    audio.enable = mkEnableOption "sound";
    source = mkOption {
      type = types.nullOr types.raw;
      default = null;
      description = "The flake of ai-vm, which the guest knows by this name.";
    };
    sources = mkOption {
      type = types.listOf types.raw;
      default = [ ];
      description = "Flakes that the guest has in its store, so that it can be evaluated inside without a network.";
    };
    etcNixos = mkOption {
      type = types.nullOr types.raw;
      default = null;
      description = "Directory with the flake that the guest is built from; it becomes /etc/nixos.";
    };
  };
}
