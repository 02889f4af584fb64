# The same text for every machine: what differs is in guest.json and in the modules, which are read and never pasted in here.
{
  description = "A machine of ai-vm";

  # Which one exactly is in flake.lock.
  inputs.ai-vm.url = "flake:ai-vm";

  outputs =
    { ai-vm, ... }@inputs:
    let
      inherit (ai-vm.lib) mkGuest;
      parameters = builtins.fromJSON (builtins.readFile ./guest.json);
      # Somebody's own mkGuest may want no more than these two.
      takes = builtins.functionArgs mkGuest;
      guest = mkGuest (
        {
          guest = parameters;
          dir = ./.;
        }
        // (if takes == { } || takes ? inputs then { inputs = removeAttrs inputs [ "self" ]; } else { })
      );
    in
    {
      packages.${parameters.system} = {
        inherit guest;
        default = guest;
      };
      # For `nixos-rebuild` inside the machine.
      nixosConfigurations.guest = guest.nixos;
    };
}
