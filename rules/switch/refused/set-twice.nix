# refused: unsupported-switch at modules/server/switches.nix:5:7
{
  config,
  lib,
  ...
}: {
  options.qgroget.server.weather = {
    enable = lib.mkEnableOption "the weather station";
    station = lib.mkOption {type = lib.types.str;};
  };

  config = lib.mkMerge [
    (lib.mkIf config.qgroget.server.weather.enable {
      qgroget.services.weather = {
        name = "weather";
        url = "http://127.0.0.1:9400";
      };
    })
    {
      qgroget.server.weather.enable = lib.mkIf config.services.weather.enable true;
    }
  ];
}
