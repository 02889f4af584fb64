# Sound: PulseAudio on the card that the host attaches. Accounts come with the group `audio`.
{
  config,
  lib,
  options,
  pkgs,
  ...
}:
let
  # By its newer name where there is one.
  pulseaudio =
    settings:
    if options.services ? pulseaudio then
      { services.pulseaudio = settings; }
    else
      { hardware.pulseaudio = settings; };
in
{
  config = lib.mkIf config.ai-vm.audio.enable (
    lib.mkMerge [
      (pulseaudio { enable = true; })
      {
        # A desktop would bring its own server.
        services.pipewire = {
          enable = lib.mkForce false;
          pulse.enable = lib.mkForce false;
          alsa.enable = lib.mkForce false;
        };
        security.rtkit.enable = true;
        environment.systemPackages = [
          pkgs.alsa-utils
          pkgs.pulseaudio
        ];
      }
    ]
  );
}
