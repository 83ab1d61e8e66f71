{config, ...}: let
  dataDir = "${config.qgroget.server.containerDir}/obsidian";
in {
  qgroget.services.obsidian = {
    name = "notes";
    url = "http://127.0.0.1:5984";
    type = "public";
    middlewares = [
      "obsidian-cors"
    ];
  };

  # the apps are web pages of their own, so CouchDB answers to foreign origins
  qgroget.services.obsidian.traefikDynamicConfig.http.middlewares.obsidian-cors.headers = {
    accessControlAllowCredentials = true;
    accessControlAllowHeaders = ["accept" "authorization" "content-type"];
    accessControlAllowMethods = ["DELETE" "GET" "HEAD" "POST" "PUT"];
    accessControlAllowOriginList = [
      "app://obsidian.md"
      "capacitor://localhost"
    ];
    accessControlMaxAge = 600;
    addVaryHeader = true;
  };

  qgroget.backups.obsidian = {
    paths = [dataDir];
    systemdUnits = ["obsidian-couchdb.service"];
  };

  sops.secrets."server/obsidian/env" = {};

  virtualisation.quadlet.containers.obsidian-couchdb = {
    autoStart = true;
    containerConfig = {
      name = "obsidian-couchdb";
      image = "docker.io/library/couchdb:3.5";
      environmentFiles = [config.sops.secrets."server/obsidian/env".path];
      publishPorts = ["127.0.0.1:5984:5984"];
      volumes = [
        "${dataDir}/data:/opt/couchdb/data:Z"
        "${dataDir}/local.d:/opt/couchdb/etc/local.d:Z"
      ];
    };
    serviceConfig.Restart = "on-failure";
  };
}
