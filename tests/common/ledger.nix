{
  config,
  lib,
  ...
}: let
  cfg = config.qgroget.server.ledger;
in {
  options.qgroget.server.ledger.enable = lib.mkEnableOption "the ledger";

  config = lib.mkIf cfg.enable {
    qgroget.services.ledger = {
      name = "ledger";
      url = "http://127.0.0.1:9920";
    };

    services.postgresql.ensureDatabases = ["ledger"];
    services.ledger.database = {
      type = "postgres";
      host = "/run/postgresql";
      name = "ledger";
      user = "clerk";
    };
  };
}
