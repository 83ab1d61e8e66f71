{
  config,
  pkgs,
  ...
}: {
  qgroget.services = {
    vaultwarden = {
      name = "vaultwarden";
      url = "http://127.0.0.1:8222";
      type = "public";
      # middlewares = ["slow-down-logins"];
      journalctl = true;
      unitName = "vaultwarden.service";
    };
  };

  # before all others: this is the one that we could not do without
  qgroget.backups.vaultwarden = {
    paths = ["${config.qgroget.server.containerDir}/vaultwarden"];
    systemdUnits = ["vaultwarden.service"];
    priority = 100;
    # somebody is told when the sign of life stays out
    postBackup = ''
      ${pkgs.curl}/bin/curl --silent --fail https://alive.example.org/vaultwarden || true
    '';
    requireNetwork = true;
  };

  sops.secrets = {
    "server/vaultwarden/env" = {};
  };

  users.users.vaultwarden = {
    isSystemUser = true;
    uid = 991;
    group = "password-manager";
  };
  users.groups.password-manager.gid = 971;

  environment.etc."tmpfiles.d/vaultwarden.conf".text = ''
    d ${config.qgroget.server.containerDir}/vaultwarden 0700 vaultwarden password-manager -
  '';

  virtualisation.quadlet.containers.vaultwarden = {
    autoStart = true;
    containerConfig = {
      image = "docker.io/vaultwarden/server:1.34.3";
      user = "${toString config.users.users.vaultwarden.uid}:${toString config.users.groups.password-manager.gid}";
      environments = {
        DOMAIN = "https://vaultwarden.${config.qgroget.server.domain}";
        SIGNUPS_ALLOWED = "false"; # accounts are made by invitation
      };
      environmentFiles = [config.sops.secrets."server/vaultwarden/env".path];
      publishPorts = ["127.0.0.1:8222:80"];
      volumes = ["${config.qgroget.server.containerDir}/vaultwarden:/data:Z"];
    };
    serviceConfig.Restart = "on-failure";
    unitConfig = {
      After = ["network-online.target"];
      Wants = ["network-online.target"];
    };
  };
}
