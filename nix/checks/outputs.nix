# What the flake gives, as data, without a lock and without building anything.
# tree: a nixpkgs, as a directory. source: what is in the flake, as a directory. system: for which.
{
  tree,
  source,
  system,
}:
let
  inherit (import ./tree.nix tree) nixpkgs overlay;
  flake = import (source + "/flake.nix");
  stood = nixpkgs // {
    legacyPackages.${system} = import tree {
      inherit system;
      overlays = [ overlay ];
    };
    lib = nixpkgs.lib // {
      nixosSystem =
        arguments:
        nixpkgs.lib.nixosSystem (
          arguments // { modules = arguments.modules ++ [ { nixpkgs.overlays = [ overlay ]; } ]; }
        );
    };
  };
  self =
    flake.outputs {
      inherit self;
      nixpkgs = stood;
    }
    // {
      outPath = source;
      inputs.nixpkgs = stood;
    };
  inherit (builtins) attrNames readDir;
  inherit (nixpkgs.lib) getName mapAttrs;

  inOrder = self.lib.${system}.makeCustomVM 16 2 50 false [ ] [ ] "big" false false [ ];

  drvPaths = mapAttrs (_: package: package.drvPath);
  machine = made: {
    inherit (made) flags;
    program = made.text;
    guest = made.guest.drvPath;
  };
in
{
  packages = drvPaths self.packages.${system};
  # `evaluation` is of guests that are looked at by themselves.
  checks = drvPaths self.checks.${system} // {
    evaluation = null;
  };
  formatter = getName self.formatter.${system};
  shell = map getName self.devShells.${system}.default.nativeBuildInputs;
  app = {
    inherit (self.apps.${system}.default) type program;
  };
  templates = mapAttrs (_: template: attrNames (readDir template.path)) self.templates;
  # Name → the type of it: not every Nix takes a path.
  modules = mapAttrs (_: builtins.typeOf) self.nixosModules;
  vm = machine self.packages.${system}.vm;
  custom = machine (
    self.lib.makeCustomVM {
      ram = 16;
      name = "big";
    }
  );
  same = machine (inOrder null);
}
