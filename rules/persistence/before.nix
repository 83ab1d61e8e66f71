{config, ...}: let
  inherit (config.qgroget.server) dataRoot;
in {
  qgroget.services.letters = {
    name = "letters";
    url = "http://127.0.0.1:9200";
    persistedData = [
      "/var/lib/letters" # the mailboxes
      {
        directory = "${dataRoot}/attachments";
        user = "letters";
        group = "letters";
        mode = "0750";
      }
      # "/var/cache/letters"
    ];
  };

  services.letters.enable = true;
}
