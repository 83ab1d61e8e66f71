{config, ...}: {
  # one line of KEY=value each
  sops.secrets."server/notes/env" = {
    owner = "notes";
  };

  qgroget.services.notes = {
    name = "notes";
    url = "http://127.0.0.1:9500";
    persistedData = ["/var/lib/notes"];
  };

  services.notes = {
    enable = true;
    environmentFile = config.sops.secrets."server/notes/env".path;
  };
}
