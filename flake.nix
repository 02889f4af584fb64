{
  description = "ai-vm: Compose for virtual machines, with NixOS guests";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-24.11";

  outputs =
    { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      guests = import ./nix/lib.nix {
        inherit nixpkgs;
        source = self.outPath;
      };
      earlier = import ./nix/earlier.nix;
      each = f: lib.genAttrs guests.systems (system: f system nixpkgs.legacyPackages.${system});

      defaultGuest =
        system:
        guests.mkDefaultGuest {
          guest = {
            inherit system;
          };
        };
      makeCustomVM =
        system: earlier.makeCustomVM (import ./nix/run-vm.nix { inherit self guests system; }) system;
      bySystem = lib.genAttrs guests.systems (system: {
        makeCustomVM = makeCustomVM system;
      });
    in
    {
      lib = bySystem // {
        inherit (guests) mkGuest mkSystem normalise;
        makeCustomVM = makeCustomVM "x86_64-linux";
      };

      nixosModules = rec {
        # Not the path itself: `nix flake check` of older Nix takes no path for a module.
        ai-vm.imports = [ ./nix/modules ];
        default = ai-vm;
      };

      packages = each (
        system: pkgs: rec {
          default = pkgs.callPackage ./nix/package.nix { source = self.outPath; };
          ai-vm = default;
          guest = defaultGuest system;
          vm = makeCustomVM system { };
        }
      );

      apps = each (
        system: pkgs: {
          default = {
            type = "app";
            program = "${pkgs.writeShellScript "ai-vm" ''
              export PATH=${self.packages.${system}.default}/bin:$PATH
              ${builtins.readFile ./nix/start.sh}''}";
            meta.description = "Machines declared in ai-vm.yaml";
          };
        }
      );

      devShells = each (
        _system: pkgs: {
          default = pkgs.mkShell { packages = import ./nix/tools.nix pkgs; };
        }
      );

      checks = each (
        system: pkgs:
        import ./nix/checks {
          inherit
            self
            pkgs
            guests
            system
            ;
        }
      );

      formatter = each (_system: pkgs: pkgs.nixfmt-rfc-style);

      templates.default = {
        path = ./nix/template;
        description = "A machine with a NixOS module of its own";
      };
    };
}
