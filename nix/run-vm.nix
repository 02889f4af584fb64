# What makeCustomVM gives: a program that brings the machine up, by the name that it had in the earlier version. Its guest can be built
# beforehand as `guest`.
{
  self,
  guests,
  system,
}:
{
  name,
  flags,
  guest,
}:
let
  pkgs = self.inputs.nixpkgs.legacyPackages.${system};
  program = "run-${name}-vm";
in
pkgs.writeShellScriptBin program ''
  # The guest is made from this very flake, whatever the project's file says of others.
  export AI_VM_FLAKE=''${AI_VM_FLAKE:-${self}} AI_VM_DEFAULT_IMAGE=''${AI_VM_DEFAULT_IMAGE:-nixos}
  exec ${self.packages.${system}.default}/bin/ai-vm up ${pkgs.lib.escapeShellArgs flags} "$@"
''
// {
  inherit flags;
  guest = guests.mkGuest { inherit guest; };
}
