# The guest bundle of this configuration.
{ config, pkgs, ... }:
{
  system.build.aiVmBundle = pkgs.callPackage ../bundle.nix { inherit config; };
}
