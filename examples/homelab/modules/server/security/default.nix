{
  config,
  lib,
  ...
}: let
  # a service's log is in the journal or in a file, or nobody reads it
  acquisitionOf = service:
    if service.journalctl
    then [
      {
        source = "journalctl";
        journalctl_filter = ["_SYSTEMD_UNIT=${service.unitName}"];
        labels.type = service.name;
      }
    ]
    else
      lib.optional (service.logPath != "") {
        source = "file";
        filenames = [service.logPath];
        labels.type = service.name;
      };
in {
  services.crowdsec = {
    enable = true;
    hub.collections = [
      "crowdsecurity/linux"
      "crowdsecurity/traefik"
    ];
    localConfig.acquisitions = lib.concatMap acquisitionOf (lib.attrValues config.qgroget.services);
    settings = {
      general.api.server.enable = true;
      lapi.credentialsFile = "/var/lib/crowdsec/lapi.yaml";
      console.tokenFile = config.sops.secrets."server/crowdsec/enrolment".path;
    };
  };

  sops.secrets."server/crowdsec/enrolment".owner = "crowdsec";
  users.users.crowdsec.extraGroups = ["systemd-journal"];
  systemd.services.crowdsec.serviceConfig.PrivateUsers = lib.mkForce false;
}
