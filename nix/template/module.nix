{ pkgs, ... }:
{
  environment.systemPackages = [ pkgs.cowsay ];
  services.postgresql.enable = true;
}
