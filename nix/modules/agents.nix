# Coding agents. The machine is their sandbox: they are started without their own prompts.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  agents = import ../agents.nix;
  packageOf =
    name:
    if agents.${name}.archives == null then
      pkgs.${agents.${name}.package}
    else
      pkgs.callPackage ../npm-agent.nix { inherit name; };
in
{
  environment.systemPackages = lib.concatMap (name: [
    (packageOf name)
    (pkgs.writeScriptBin "start-${name}" (builtins.readFile ./start-${name}.sh))
  ]) config.ai-vm.agents;
}
