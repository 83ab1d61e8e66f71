{
  lib,
  pkgs,
  ...
}: {
  options.logo = {
    web = lib.mkOption {
      type = lib.types.path;
      description = "Directory with the public images of the house.";
    };
    autheliaAssetsPath = lib.mkOption {
      type = lib.types.path;
      description = "Directory with the logo that the login page shows.";
    };
  };

  config.logo = {
    web = pkgs.writeTextDir "logo.svg" (builtins.readFile ./logo.svg);
    autheliaAssetsPath = pkgs.runCommand "login-assets" {nativeBuildInputs = [pkgs.librsvg];} ''
      mkdir $out
      rsvg-convert ${./logo.svg} --width 128 --output $out/logo.png
    '';
  };
}
