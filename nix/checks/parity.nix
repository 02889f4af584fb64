# The build parameters' fixtures, which TypeScript reads as well: names of those that are judged in another way here than their files say.
# fixtures: the directory. Builtins alone, so that it can be told without nixpkgs.
fixtures:
let
  inherit (import ../parameters.nix) faults normalise;
  inherit (builtins)
    attrNames
    filter
    fromJSON
    length
    readDir
    readFile
    ;

  wrong =
    kind: judged:
    map (file: "${kind}/${file}") (
      filter (file: !judged (fromJSON (readFile (fixtures + "/${kind}/${file}")))) (
        attrNames (readDir (fixtures + "/${kind}"))
      )
    );
in
# What may be given.
wrong "valid" (guest: faults guest == [ ])
# What may not, with as many faults as are named.
++ wrong "invalid" (each: length (faults each.guest) == length each.faults)
# What ai-vm writes of a machine: it is whole, so nothing is added to it.
++ wrong "made" (each: faults each.guest == [ ] && normalise each.guest == each.guest)
