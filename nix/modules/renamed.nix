# Options by their newer name, where there is one.
{ options, ... }:
{
  config =
    if options.systemd ? settings then
      { systemd.settings.Manager.DefaultTimeoutStopSec = "15s"; }
    else
      { systemd.extraConfig = "DefaultTimeoutStopSec=15s"; };
}
