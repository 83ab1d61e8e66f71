{
  config,
  lib,
  pkgs,
  ...
}: let
  cfg = {
    inherit (config.qgroget.server) containerDir mediaDir;
    podName = "downloads";

    ports = {
      qbittorrent = 8112;
      qbittorrent-seed = 8113;
      nicotine = 6080;
    };

    # forwarded by the VPN provider
    listenPorts = {
      qbittorrent = 41201;
      qbittorrent-seed = 41202;
    };
  };

  images = {
    gluetun = "docker.io/qmcgaw/gluetun:v3.40";
    qbittorrent = "lscr.io/linuxserver/qbittorrent:5.1.2";
    nicotine = "ghcr.io/fletchto99/nicotine-plus-docker:3.3.10";
  };

  asDownloader = {
    PUID = toString config.users.users.arr.uid;
    PGID = toString config.users.groups.downloaders.gid;
    TZ = "Etc/UTC";
  };

  restart.Restart = "on-failure";

  # nothing talks to the outside before the tunnel stands
  behindTunnel = {
    After = [containers.gluetun.ref];
    Requires = [containers.gluetun.ref];
  };

  template = (pkgs.formats.ini {}).generate "qBittorrent.conf" {
    BitTorrent = {
      "Session\\DefaultSavePath" = "/media/torrents";
      "Session\\GlobalMaxRatio" = 2;
      "Session\\Port" = "@LISTEN_PORT@";
      "Session\\QueueingSystemEnabled" = false;
    };
    LegalNotice.Accepted = true;
    Preferences = {
      "WebUI\\Port" = "@WEB_PORT@";
      "WebUI\\Username" = "@USER@";
      "WebUI\\Password_PBKDF2" = "@PASSWORD@";
    };
  };

  prepare = pkgs.writeShellScript "prepare-qbittorrent" (builtins.readFile ./prepare-qbittorrent.sh);

  prepareFor = instance: directory:
    lib.concatStringsSep " " [
      "${prepare}"
      "/etc/qbittorrent/template.conf"
      "${cfg.containerDir}/${directory}"
      (toString cfg.ports.${instance})
      (toString cfg.listenPorts.${instance})
    ];

  inherit (config.virtualisation.quadlet) containers pods;
in {
  boot.kernelModules = ["wireguard"];

  users.groups.downloaders.gid = 2002;

  sops.secrets = {
    "server/gluetun/env" = {};
    "server/qbittorrent/user".restartUnits = [containers.qbittorrent.ref containers.qbittorrent-seed.ref];
    "server/qbittorrent/password".restartUnits = [containers.qbittorrent.ref containers.qbittorrent-seed.ref];
  };

  environment.etc = {
    "qbittorrent/template.conf".source = template;
    "tmpfiles.d/downloads.conf".text = ''
      d ${cfg.containerDir}/qbittorrent 0700 arr downloaders -
      d ${cfg.containerDir}/qbittorrent_seed 0700 arr downloaders -
      d ${cfg.containerDir}/nicotine 0700 arr downloaders -
    '';
  };

  qgroget.backups.torrent = {
    paths = [
      "${cfg.containerDir}/qbittorrent"
      "${cfg.containerDir}/qbittorrent_seed"
      "${cfg.containerDir}/gluetun"
      # "${cfg.containerDir}/nicotine"
    ];
    exclude = ["*.!qB"];
    systemdUnits = [
      "${cfg.podName}-pod.service"
    ];
  };

  virtualisation.quadlet = {
    pods.${cfg.podName} = {
      autoStart = true;
      podConfig = {
        name = cfg.podName;
        publishPorts = [
          "127.0.0.1:${toString cfg.ports.qbittorrent}:8112"
          "127.0.0.1:${toString cfg.ports.qbittorrent-seed}:8113"
          "127.0.0.1:${toString cfg.ports.nicotine}:6080"
        ];
      };
      serviceConfig = restart;
    };

    containers = {
      gluetun = {
        autoStart = true;
        containerConfig = {
          name = "gluetun";
          pod = pods.${cfg.podName}.ref;
          image = images.gluetun;
          addCapabilities = ["NET_ADMIN"];
          devices = ["/dev/net/tun"];
          environmentFiles = [config.sops.secrets."server/gluetun/env".path];
          volumes = ["${cfg.containerDir}/gluetun:/gluetun:Z"];
        };
        serviceConfig = restart;
      };

      qbittorrent = {
        autoStart = true;
        containerConfig = {
          name = "qbittorrent";
          pod = pods.${cfg.podName}.ref;
          image = images.qbittorrent;
          environments = {WEBUI_PORT = toString cfg.ports.qbittorrent;} // asDownloader;
          volumes = [
            "${cfg.containerDir}/qbittorrent:/config:Z"
            "${cfg.mediaDir}/torrents:/media/torrents"
          ];
        };
        serviceConfig = restart // {ExecStartPre = [(prepareFor "qbittorrent" "qbittorrent")];};
        unitConfig = behindTunnel;
      };

      qbittorrent-seed = {
        autoStart = true;
        containerConfig = {
          name = "qbittorrent_seed";
          pod = pods.${cfg.podName}.ref;
          image = images.qbittorrent;
          environments = {WEBUI_PORT = toString cfg.ports.qbittorrent-seed;} // asDownloader;
          volumes = [
            "${cfg.containerDir}/qbittorrent_seed:/config:Z"
            "${cfg.mediaDir}:/media:ro"
          ];
        };
        serviceConfig = restart // {ExecStartPre = [(prepareFor "qbittorrent-seed" "qbittorrent_seed")];};
        unitConfig = behindTunnel;
      };

      nicotine-plus = {
        autoStart = true;
        containerConfig = {
          name = "nicotine-plus";
          pod = pods.${cfg.podName}.ref;
          image = images.nicotine;
          environments = asDownloader;
          volumes = [
            "${cfg.containerDir}/nicotine:/config:Z"
            "${cfg.mediaDir}/music:/music:ro"
          ];
        };
        serviceConfig = restart;
        unitConfig = behindTunnel;
      };
    };
  };
}
