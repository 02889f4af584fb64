# What a guest is built from: guest.json, checked and made complete. Everything else of a machine (memory, ports, shares, keys, …)
# is given when it starts and never builds anything.
# Builtins alone, so that it can be read, and tested, without nixpkgs.
let
  formatVersion = 1;
  systems = [
    "x86_64-linux"
    "aarch64-linux"
  ];

  inherit (builtins)
    all
    attrNames
    concatStringsSep
    elem
    filter
    isAttrs
    isBool
    isInt
    isList
    isString
    match
    toJSON
    ;

  fits = pattern: value: isString value && match pattern value != null;

  oneOf = values: {
    what = "one of ${concatStringsSep ", " values}";
    ok = value: isString value && elem value values;
  };

  listOf = element: {
    what = "a list, each ${element.what}";
    ok = value: isList value && all element.ok value;
  };

  bool = {
    what = "true or false";
    ok = isBool;
  };

  text = what: pattern: {
    inherit what;
    ok = fits pattern;
  };

  # Relative, and never a way out of the directory that guest.json is in. It is joined to that as a path, whatever its name looks like.
  modulePath = {
    what = "the relative path of a .nix file, such as modules/0.nix";
    ok = value: fits "[^/\n][^\n]*[.]nix" value && match "(.*/)?[.]?[.]?(/.*)?" value == null;
  };

  agents = import ./agents.nix;

  # name → what it may be, and what it is without being given. No default: it must be given.
  fields = {
    formatVersion = {
      what = toString formatVersion;
      ok = value: isInt value && value == formatVersion;
    };
    system = oneOf systems;
    packages =
      listOf (text "a package such as nodejs_22" "[A-Za-z_][A-Za-z0-9_'-]*([.][A-Za-z_][A-Za-z0-9_'-]*)*")
      // {
        default = [ ];
      };
    modules = listOf modulePath // {
      default = [ ];
    };
    user = text "a user name such as dev" "[a-z_][a-z0-9_-]{0,31}" // {
      default = "dev";
    };
    desktop = bool // {
      default = false;
    };
    audio = bool // {
      default = false;
    };
    agents = listOf (oneOf (attrNames agents)) // {
      default = [ ];
    };
    store =
      oneOf [
        "image"
        "host"
      ]
      // {
        default = "image";
      };
    unfree =
      listOf (text "the name of a package such as claude-code" "[A-Za-z0-9_][A-Za-z0-9._+-]*")
      // {
        default = [ ];
      };
    stateVersion = text "a release such as 24.11" "[0-9][0-9][.](05|11)" // {
      default = "24.11";
    };
  };

  quote = names: concatStringsSep ", " (map toJSON names);

  faultsOf =
    guest:
    let
      unknown = filter (name: !fields ? ${name}) (attrNames guest);
      missing = filter (name: !fields.${name} ? default && !guest ? ${name}) (attrNames fields);
      wrong = filter (name: fields ? ${name} && !fields.${name}.ok guest.${name}) (attrNames guest);
    in
    (
      if unknown == [ ] then
        [ ]
      else
        [ "unknown: ${quote unknown} (known: ${concatStringsSep ", " (attrNames fields)})" ]
    )
    ++ map (name: "${name} is missing; it must be ${fields.${name}.what}") missing
    ++ map (name: "${name} must be ${fields.${name}.what}; it is ${toJSON guest.${name}}") wrong;
  # Every fault at once, as texts.
  faults =
    guest: if isAttrs guest then faultsOf guest else [ "it must be an object; it is ${toJSON guest}" ];
in
{
  inherit formatVersion systems faults;

  # guest.json, parsed → all fields. Throws with every fault that there is.
  normalise =
    guest:
    let
      found = faults guest;
      given = builtins.mapAttrs (name: field: guest.${name} or field.default) fields;
      # Who asks for an agent has named it.
      named = map (name: agents.${name}.package) (filter (name: !agents.${name}.free) given.agents);
      unfree = given.unfree ++ filter (name: !elem name given.unfree) named;
    in
    if found == [ ] then
      given // { inherit unfree; }
    else
      throw "ai-vm: the build parameters (guest.json) are wrong:\n${
        concatStringsSep "\n" (map (fault: "  - ${fault}") found)
      }";
}
