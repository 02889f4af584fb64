# What makes a NixOS configuration a guest of ai-vm.
{
  imports = [
    ./options.nix
    ./guest.nix
    ./renamed.nix
    ./stage-1.nix
    ./store.nix
    ./network.nix
    ./users.nix
    ./ssh.nix
    ./tools.nix
    ./agents.nix
    ./desktop.nix
    ./audio.nix
    ./rebuild.nix
    ./bundle.nix
  ];
}
