# What the flake's `lib` is made of.
# nixpkgs: a flake, or anything else with `outPath` and the `lib` of one.
# source: path in the Nix store of this flake's own source.
{ nixpkgs, source }:
let
  inherit (nixpkgs) lib;
  parameters = import ./parameters.nix;

  # What most machines have, where nobody has said what this one is to be.
  defaults = {
    inherit (parameters) formatVersion;
    agents = [ "claude" ];
  };

  # Flakes, and the flakes that those have for inputs.
  sourcesOf = lib.concatMap (
    flake: [ flake ] ++ sourcesOf (builtins.attrValues (flake.inputs or { }))
  );

  # The guest as a NixOS configuration: `config`, `options`, `pkgs`.
  # dir: where relative paths of modules begin, and what /etc/nixos is made of; null: there is neither.
  # inputs: of the flake in dir: what evaluating it needs, and so is in the guest.
  # modules: NixOS modules beyond those that `guest` names.
  mkSystem =
    {
      guest,
      dir ? null,
      inputs ? { },
      modules ? [ ],
    }:
    let
      given = parameters.normalise guest;
      place =
        path:
        if dir == null then
          throw "ai-vm: the module ${path} is relative, and there is no directory that it could be in"
        else
          dir + "/${path}";
      parts = [
        ./modules
        {
          nixpkgs.hostPlatform = lib.mkDefault given.system;
          system.stateVersion = lib.mkDefault given.stateVersion;
          ai-vm = {
            inherit (given)
              packages
              user
              agents
              store
              unfree
              ;
            desktop.enable = given.desktop;
            audio.enable = given.audio;
            sources = sourcesOf (builtins.attrValues inputs) ++ [
              nixpkgs
              source
            ];
            inherit source;
            etcNixos = dir;
          };
        }
      ];
    in
    lib.nixosSystem {
      modules = parts ++ map place given.modules ++ modules;
    };

  # guest.json, parsed → the guest bundle as a derivation. `nixos` of it is the NixOS configuration.
  mkGuest =
    arguments:
    let
      nixos = mkSystem arguments;
    in
    nixos.config.system.build.aiVmBundle
    // {
      inherit nixos;
    };
in
{
  inherit mkGuest mkSystem;
  inherit (parameters) normalise systems formatVersion;

  # As mkGuest, with what is not said as most machines have it.
  mkDefaultGuest = { guest, ... }@arguments: mkGuest (arguments // { guest = defaults // guest; });
}
