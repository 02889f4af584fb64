# A NixOS module of one's own. ai-vm looks for `nixosModules.ai-vm` in a flake beside the file, and adds it to every NixOS machine of it.
{
  description = "A machine";

  outputs = _: {
    nixosModules.ai-vm = ./module.nix;
  };
}
