# The same text for every machine whose image names a flake: a guest with the modules of that one. Whose guest it is, and so which nixpkgs
# it is made from, that flake may say by a `lib.mkGuest`; otherwise it is ai-vm's.
{
  description = "A guest with the modules of a project's flake";

  # Which ones exactly is in the flake.lock of whoever has this one for an input.
  inputs.ai-vm.url = "flake:ai-vm";
  inputs.project.url = "flake:project";

  outputs =
    { ai-vm, project, ... }:
    let
      modules =
        project.aiVmModules
          or (if project ? nixosModules.ai-vm then [ project.nixosModules.ai-vm ] else [ ]);
      mkGuest =
        project.lib.mkGuest or (
          if project ? aiVmModules || project ? nixosModules.ai-vm then
            ai-vm.lib.mkGuest
          else
            throw "the flake exports neither nixosModules.ai-vm, nor aiVmModules, nor lib.mkGuest"
        );
      # Somebody's own may want no more than what it names.
      takes = builtins.functionArgs mkGuest;
      knows = name: takes == { } || takes ? ${name};
      withModules =
        arguments:
        mkGuest (
          (if knows "inputs" then arguments else removeAttrs arguments [ "inputs" ])
          // {
            modules = (arguments.modules or [ ]) ++ modules;
          }
        );
    in
    {
      lib.mkGuest = if modules == [ ] || !knows "modules" then mkGuest else withModules;
    };
}
