{
  config,
  lib,
  ...
}: let
  cfg = config.services.forgejo;
  inherit (config.qgroget.server) domain;
  httpPort = 3300;
  sshPort = 2222;
in {
  qgroget.services.git = {
    name = "git";
    url = "http://127.0.0.1:${toString httpPort}";
    type = "private";
  };

  # Git over SSH comes in on a port of its own and is passed through as it is
  services.traefik.staticConfigOptions.entryPoints.git-ssh.address = ":2200";
  networking.firewall.allowedTCPPorts = lib.mkIf cfg.enable [2200];

  qgroget.services.git.traefikDynamicConfig.tcp.routers.git-ssh = {
    rule = "HostSNI(`*`)";
    entryPoints = ["git-ssh"];
    service = "git-ssh";
  };
  qgroget.services.git.traefikDynamicConfig.tcp.services.git-ssh.loadBalancer.servers = [
    {address = "127.0.0.1:${toString sshPort}";}
  ];

  qgroget.backups.git = {
    paths = [
      "${cfg.stateDir}"
      "/var/lib/mysql"
    ];
    systemdUnits = ["forgejo.service" "mysql.service"];
  };

  environment.persistence."/persist".directories = [
    "${config.services.forgejo.stateDir}"
    {
      directory = "/var/lib/mysql";
      user = "mysql";
      group = "mysql";
      mode = "0700";
    }
  ];

  sops.secrets = {
    "server/forgejo/adminPassword".owner = "forgejo";
    "server/forgejo/databasePassword".owner = "forgejo";
  };

  services.forgejo = {
    enable = true;
    lfs.enable = true;
    database = {
      type = "mysql";
      createDatabase = true;
      name = "forgejo";
      user = "forgejo";
      passwordFile = config.sops.secrets."server/forgejo/databasePassword".path;
    };
    settings = {
      server = {
        DOMAIN = "git.${domain}";
        ROOT_URL = "https://git.${domain}/";
        HTTP_ADDR = "127.0.0.1";
        HTTP_PORT = httpPort;
        SSH_PORT = 2200;
      };
      service.DISABLE_REGISTRATION = true;
    };
  };

  services.openssh = {
    ports = [sshPort];
    extraConfig = ''
      Match LocalPort ${toString sshPort}
        AllowUsers forgejo
    '';
  };

  systemd.services.forgejo.preStart = let
    password = config.sops.secrets."server/forgejo/adminPassword".path;
  in ''
    ${cfg.package}/bin/forgejo admin user create --admin --username robin \
      --email robin@example.org --password "$(cat ${password})" || true
  '';
}
