# QEMU's user-mode network is the same for every machine: nothing has to be asked for, and nobody waits for it.
{ lib, ... }:
{
  networking = {
    # The one that the host gives at boot wins.
    hostName = lib.mkDefault "";
    useDHCP = false;
    useNetworkd = true;
    # What is reached from outside is decided by QEMU's forwards. With a firewall of its own each port would be a rebuild.
    firewall.enable = lib.mkDefault false;
    nameservers = [ "10.0.2.3" ];
    resolvconf.enable = false;
    # As in other guests. The machine's own name is known without a line in there.
    hosts."10.0.2.2" = [ "host.ai-vm.internal" ];
  };
  # A file, and no link into the store: where a machine has `secrets`, tmpfiles makes a copy in /run, a link of a link, and adds what stands
  # for their hosts. A rebuild writes this file anew, and leaves the copy alone.
  environment.etc."ssl/certs/ca-certificates.crt".mode = "0644";
  services.resolved.enable = false;
  environment.etc."resolv.conf".text = "nameserver 10.0.2.3\n";
  systemd.network = {
    enable = true;
    wait-online.enable = false;
    networks."10-user" = {
      matchConfig.Name = "eth0";
      address = [ "10.0.2.15/24" ];
      gateway = [ "10.0.2.2" ];
      networkConfig.IPv6AcceptRA = false;
      linkConfig.RequiredForOnline = false;
    };
  };
}
