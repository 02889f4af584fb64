# A nixpkgs that is no more than a directory, as the flake that it is. Copies that are kept in other repositories lack their largest files; a
# stand-in takes the place of the few packages that are made from those, so that everything else can be evaluated.
tree:
let
  self = (import (tree + "/flake.nix")).outputs { inherit self; } // {
    outPath = tree;
  };
  lacksHaskell =
    !builtins.pathExists (tree + "/pkgs/development/haskell-modules/hackage-packages.nix");
in
{
  nixpkgs = self;
  overlay =
    _final: prev:
    let
      # `compiler`: whether scripts can be checked is asked of it.
      standIn = name: prev.hello.overrideAttrs { pname = name; } // { compiler = prev.hello; };
    in
    if lacksHaskell then
      prev.lib.genAttrs [
        "nixfmt-rfc-style"
        "pandoc"
        "shellcheck"
        "shellcheck-minimal"
      ] standIn
    else
      { };
}
