# What `nix flake check` looks at. `unit-test`, `integration-test` and `nixos-rebuild-test` have the names of the earlier version.
{
  self,
  pkgs,
  guests,
  system,
}:
let
  inherit (pkgs) lib;
  # By name in the flake's own source, as in package.nix.
  fixtures = self.outPath + "/tests/fixtures/guest";
  valid = lib.mapAttrs' (
    file: _:
    lib.nameValuePair (lib.removeSuffix ".json" file) (lib.importJSON (fixtures + "/valid/${file}"))
  ) (builtins.readDir (fixtures + "/valid"));

  # One line for each guest: it is there when all could be evaluated.
  evaluated = lib.mapAttrsToList (
    name: guest:
    "${name} ${builtins.unsafeDiscardStringContext (guests.mkGuest { inherit guest; }).drvPath}"
  ) (lib.filterAttrs (_: guest: guest.system == system && (guest.modules or [ ]) == [ ]) valid);
in
{
  # The fixtures that TypeScript reads as well.
  unit-test =
    let
      wrong = import ./parity.nix fixtures;
    in
    if wrong == [ ] then
      pkgs.runCommand "unit-test" { } "touch $out"
    else
      throw "these build parameters are judged in another way than their files say: ${lib.concatStringsSep ", " wrong}";

  evaluation = pkgs.writeText "evaluation" (lib.concatLines evaluated);

  cli = self.packages.${system}.default;
}
// import ./machines.nix { inherit pkgs guests system; }
