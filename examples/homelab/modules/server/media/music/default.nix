{
  config,
  lib,
  pkgs,
  ...
}: {
  config = let
    port = 4533;
    library = "${config.qgroget.server.mediaDir}/music";
    state = "/var/lib/navidrome";
  in {
    qgroget.services.navidrome = {
      name = "music";
      url = "http://127.0.0.1:${toString port}";
      type = "public";
      journalctl = true;
      unitName = "navidrome.service";
      persistedData = ["${state}"];
    };

    # beets runs by hand, only its database has to stay
    environment.persistence."/persist".directories = [
      "/var/lib/beets"
    ];

    qgroget.backups.music = {
      # a damaged database must not push the good snapshots out
      preBackup = ''
        ${pkgs.sqlite}/bin/sqlite3 -readonly /var/lib/beets/library.db 'PRAGMA integrity_check;' | grep --quiet ok
      '';
      paths = [
        state
        "/var/lib/beets"
      ];
      exclude = ["${state}/cache"];
      systemdUnits = ["navidrome.service"];
    };

    services.navidrome = {
      enable = true;
      settings = {
        Address = "127.0.0.1";
        Port = port;
        MusicFolder = library;
        DataFolder = state;
        EnableSharing = true;
      };
    };

    users.groups.music.gid = 2005;
    users.users.navidrome.extraGroups = ["music"];
    systemd.services.navidrome.serviceConfig.BindReadOnlyPaths = lib.mkAfter [library];

    environment.systemPackages = [pkgs.beets];
  };
}
