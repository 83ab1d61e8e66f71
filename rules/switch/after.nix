{
  config,
  lib,
  ...
}: let
  cfg = config.qgroget.server.weather;
in {
  imports = [../../switches.nix];

  options.qgroget.server.weather = {
    enable = lib.mkEnableOption "the weather station";
    station = lib.mkOption {
      type = lib.types.str;
      default = "roof";
    };
  };

  config = lib.mkMerge [
    # ── 1. Contract ────────────────────────────────────────────────────────────────────
    {
      qgroget.serviceModules.weather = {
        domain = config.qgroget.server.domain;
        dataDir = null;
        persistedData = [];
        backupPaths = [];

        exposed = true;
        port = 9400;
        type = "public";
      };
      # The service's own switch follows the contract's.
      qgroget.server.weather.enable = lib.mkDefault config.qgroget.serviceModules.weather.enable;
    }

    # ── 2. Implementation ──────────────────────────────────────────────────────────────
    (lib.mkIf cfg.enable {
      services.weather = {
        enable = true;
        inherit (cfg) station;
      };
    })
  ];
}
