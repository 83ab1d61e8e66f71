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

  config = lib.mkIf cfg.enable {
    qgroget.services.weather = {
      name = "weather";
      url = "http://127.0.0.1:9400";
      type = "public";
    };

    services.weather = {
      enable = true;
      inherit (cfg) station;
    };
  };
}
