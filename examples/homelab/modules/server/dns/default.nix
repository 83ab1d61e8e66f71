{config, ...}: let
  inherit (config.qgroget) server;
in {
  qgroget.services = {
    adguardhome = {
      name = "dns";
      url = "http://127.0.0.1:3000";
      journalctl = true;
      unitName = "adguardhome.service";
    };
  };

  services.adguardhome = {
    enable = true;
    host = "127.0.0.1";
    port = 3000;
    mutableSettings = false;
    settings = {
      dns = {
        bind_hosts = ["127.0.0.1" server.network.ip];
        upstream_dns = ["127.0.0.1:5335"];
      };
      filtering.rewrites = [
        {
          domain = "*.${server.domain}";
          answer = server.network.ip;
        }
        # {
        #   domain = "printer.${server.domain}";
        #   answer = "192.0.2.31";
        # }
      ];
      filters = map (url: {
        inherit url;
        enabled = true;
      }) ["https://adguardteam.github.io/HostlistsRegistry/assets/filter_1.txt"];
    };
  };

  services.unbound = {
    enable = true;
    settings.server = {
      interface = ["127.0.0.1"];
      port = 5335;
      prefetch = true;
    };
  };

  networking.firewall = {
    allowedTCPPorts = [53];
    allowedUDPPorts = [53];
  };
}
