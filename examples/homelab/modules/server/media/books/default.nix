{
  config,
  lib,
  ...
}: let
  cfg = config.qgroget.server.calibre;
  kavitaCfg = config.qgroget.server.kavita;
  inherit (config.qgroget.server) containerDir domain mediaDir;
in {
  options.qgroget.server = {
    calibre = {
      enable = lib.mkEnableOption "Calibre-Web, which sorts new books into the library";
      user = lib.mkOption {
        type = lib.types.str;
        default = "books";
        description = "Account that owns the library, for Kavita as well.";
      };
      group = lib.mkOption {
        type = lib.types.str;
        default = "books";
        description = "Group of that account.";
      };
      libraryDir = lib.mkOption {
        type = lib.types.str;
        default = "${mediaDir}/books";
        description = "The library.";
      };
    };
    kavita.enable = lib.mkEnableOption "Kavita, for reading on tablets";
  };

  config = lib.mkMerge [
    {
      users.users.${cfg.user} = {
        isSystemUser = true;
        uid = 2004;
        group = cfg.group;
      };
      users.groups.${cfg.group}.gid = 2004;
    }

    (lib.mkIf cfg.enable {
      qgroget.services.calibre = {
        name = "calibre";
        url = "http://127.0.0.1:8083";
        type = "private";
        middlewares = ["SSO"];
      };

      systemd.tmpfiles.rules = [
        "d ${cfg.libraryDir} 0775 ${cfg.user} ${cfg.group} -"
      ];

      virtualisation.quadlet.containers.calibre = {
        autoStart = true;
        containerConfig = {
          name = "calibre-web";
          image = "lscr.io/linuxserver/calibre-web:0.6.24";
          environments = {
            PUID = "2004";
            PGID = "2004";
          };
          publishPorts = ["127.0.0.1:8083:8083"];
          volumes = [
            "${containerDir}/calibre/config:/config:Z"
            "${cfg.libraryDir}:/books:Z"
          ];
        };
      };

      services.authelia.instances.main.settings.access_control.rules = lib.mkAfter [
        {
          domain = "calibre.${domain}";
          policy = "two_factor";
          subject = ["group:librarians"];
        }
      ];
    })

    (lib.mkIf kavitaCfg.enable {
      qgroget.services.kavita = {
        name = "kavita";
        url = "http://127.0.0.1:5000";
        type = "public";
      };

      systemd.tmpfiles.rules = [
        "d ${containerDir}/kavita 0750 ${cfg.user} ${cfg.group} -"
      ];

      virtualisation.quadlet.pods.reading.podConfig.publishPorts = ["127.0.0.1:5000:5000"];

      virtualisation.quadlet.containers.kavita = {
        autoStart = true;
        containerConfig = {
          name = "kavita";
          pod = "reading.pod";
          image = "docker.io/jvmilazz0/kavita:0.8.7";
          volumes = [
            "${containerDir}/kavita:/kavita/config:Z"
            "${cfg.libraryDir}:/books:ro"
          ];
        };
      };

      services.authelia.instances.main.settings.access_control.rules = lib.mkAfter [
        {
          domain = "kavita.${domain}";
          policy = "one_factor";
        }
      ];
    })
  ];
}
