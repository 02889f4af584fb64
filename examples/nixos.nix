# What the machine is beyond packages: any NixOS module will do. What it imports by relative paths comes along.
{
  services.postgresql = {
    enable = true;
    ensureDatabases = [ "shop" ];
  };
}
