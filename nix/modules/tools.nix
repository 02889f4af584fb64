# The development tools, and the packages that somebody has asked for.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.ai-vm;

  tools = [
    "curl"
    "wget"
    "git"
    "vim"
    "nano"
    "htop"
    "pstree"
    "tree"
    "unzip"
    "fish"
    "rsync"
    "bat"
    "jq"
    "file"
    "tmux"
    "fd"
    "ripgrep"
    "ripgrep-all"
    "nodejs_22"
    "rustc"
    "cargo"
    "go"
    "gcc"
    "gnumake"
  ];

  packageOf =
    name:
    lib.attrByPath (lib.splitString "." name)
      (throw ''
        ai-vm: nixpkgs ${lib.version} has no package ${builtins.toJSON name}.
        Names are attribute paths, such as nodejs_22 or python3Packages.requests; search.nixos.org/packages has them all.'')
      pkgs;
in
{
  environment.systemPackages =
    lib.optionals cfg.tools (
      map packageOf tools ++ [ (pkgs.python3.withPackages (python: [ python.pip ])) ]
    )
    ++ map packageOf cfg.packages;

  # Programs that were built for other systems, such as those of npm and pip, find a loader and the usual libraries.
  programs.nix-ld.enable = lib.mkDefault cfg.tools;
  programs.git.enable = lib.mkDefault true;

  # For other kinds of machines.
  programs.command-not-found.enable = lib.mkDefault false;
  boot.enableContainers = lib.mkDefault false;
  services.lvm.enable = lib.mkDefault false;

  nixpkgs.config.allowUnfreePredicate = package: builtins.elem (lib.getName package) cfg.unfree;
}
