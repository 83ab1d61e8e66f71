{...}: {
  qgroget.services = {
    home-assistant = {
      name = "rooms";
      url = "http://localhost:8123";
      type = "public";
      journalctl = true;
      unitName = "home-assistant.service";
      persistedData = ["/var/lib/hass"];
      backupDirectories = ["/var/lib/hass"];
    };
  };

  services.home-assistant = {
    enable = true;
    extraComponents = ["default_config" "met" "zha"];
    extraPackages = python: with python; [zlib-ng];
    config = {
      http = {
        server_port = 8123;
        use_x_forwarded_for = true;
        trusted_proxies = ["127.0.0.1" "::1"];
      };
      zha.database_path = "/var/lib/hass/zigbee.db";
    };
  };

  # the radio stick
  users.users.hass.extraGroups = ["dialout"];

  systemd.tmpfiles.rules = [
    "d /var/lib/hass 0700 hass hass -"
  ];
}
