# Machines as the earlier version of this project made them: makeCustomVM with one attribute set, with its JSON, or with eleven
# arguments in their order. What it was given becomes flags of `ai-vm up`, and the parameters that its guest is built from.
# Builtins alone.
let
  parameters = import ./parameters.nix;
  inherit (builtins)
    attrNames
    concatStringsSep
    filter
    fromJSON
    isAttrs
    isBool
    isInt
    isList
    isString
    length
    match
    toJSON
    ;

  # In the order of the positional form.
  defaults = {
    ram = 8;
    cpu = 2;
    storage = 50;
    overlay = false;
    sharedRW = [ ];
    sharedRO = [ ];
    name = "ai-vm";
    audio = false;
    desktop = false;
    ports = [ ];
    resolution = null;
  };
  # What only the attribute set has.
  more = {
    packages = [ ];
    agents = [ "claude" ];
  };
  known = defaults // more;

  # The earlier version passed flags on as texts.
  flag = value: if isBool value then value else value == "true";
  number = value: if isInt value then value else fromJSON value;
  # Texts of several, in the order of the shell scripts.
  list =
    value:
    if isList value then
      map toString value
    else if isInt value then
      [ (toString value) ]
    else
      filter (part: isString part && part != "") (builtins.split "[, ]+" value);

  checked =
    given:
    let
      unknown = filter (name: !known ? ${name}) (attrNames given);
      all = known // given;
    in
    if unknown != [ ] then
      throw "ai-vm: makeCustomVM knows no ${concatStringsSep ", " (map toJSON unknown)} (it knows: ${concatStringsSep ", " (attrNames known)})"
    else if match "[A-Za-z0-9][A-Za-z0-9_-]{0,62}" all.name == null then
      throw "ai-vm: ${toJSON all.name} is no name for a machine: letters, digits, - and _, a letter or digit first, at most 63"
    else
      {
        ram = number all.ram;
        cpu = number all.cpu;
        storage = number all.storage;
        overlay = flag all.overlay;
        sharedRW = list all.sharedRW;
        sharedRO = list all.sharedRO;
        inherit (all)
          name
          packages
          agents
          ;
        audio = flag all.audio;
        desktop = flag all.desktop;
        ports = list all.ports;
        resolution = if all.resolution == "" then null else all.resolution;
      };

  # The flags of `ai-vm up` that say the same.
  flagsOf =
    given:
    let
      each =
        name: values:
        builtins.concatMap (value: [
          name
          value
        ]) values;
    in
    [
      "--name"
      given.name
      "--ram"
      (toString given.ram)
      "--cpu"
      (toString given.cpu)
      "--storage"
      (toString given.storage)
    ]
    ++ (if given.overlay then [ "--overlay" ] else [ ])
    ++ (if given.audio then [ "--audio" ] else [ ])
    ++ (
      if !given.desktop then
        [ ]
      else
        [ "--desktop" ] ++ (if given.resolution == null then [ ] else [ given.resolution ])
    )
    ++ each "--share-rw" given.sharedRW
    ++ each "--share-ro" given.sharedRO
    ++ each "--port" given.ports
    ++ each "--package" given.packages
    ++ each "--agent" given.agents;

  guestOf = system: given: {
    inherit (parameters) formatVersion;
    inherit system;
    inherit (given)
      packages
      audio
      desktop
      agents
      ;
  };

  complete =
    system: given:
    let
      all = checked given;
    in
    {
      inherit (all) name;
      flags = flagsOf all;
      guest = guestOf system all;
    };

  positional =
    f: names: given:
    if names == [ ] then
      f given
    else
      value: positional f (builtins.tail names) (given // { ${builtins.head names} = value; });
  order = [
    "ram"
    "cpu"
    "storage"
    "overlay"
    "sharedRW"
    "sharedRO"
    "name"
    "audio"
    "desktop"
    "ports"
    "resolution"
  ];
in
assert length order == length (attrNames defaults);
{
  # finish: what is made of { name, flags, guest }. The first argument says which form it is: a number begins the positional one.
  makeCustomVM =
    finish: system: first:
    let
      f = given: finish (complete system given);
      begins = isInt first || (isString first && match "[0-9]+" first != null);
    in
    if isAttrs first then
      f first
    else if begins then
      positional f (builtins.tail order) { ram = first; }
    else if isString first then
      f (fromJSON first)
    else
      throw "ai-vm: makeCustomVM wants an attribute set, its JSON, or ${concatStringsSep " " order}; it was given ${toJSON first}";
}
