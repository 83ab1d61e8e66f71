{
  config,
  hostname,
  ...
}: {
  imports = [
    ../settings.nix
    ../modules/branding
    ../modules/shared
    ./${hostname}/settings.nix
  ];

  networking.hostName = hostname;
  time.timeZone = "Europe/Lisbon";
  i18n.defaultLocale = "en_GB.UTF-8";

  sops = {
    age.keyFile = config.qgroget.secretAgeKeyPath;
    defaultSopsFile = ../secrets/secrets.yaml;
  };

  users.users.${config.qgroget.user.username} = {
    isNormalUser = true;
    uid = 1000;
    extraGroups = ["wheel" "media"];
  };

  nix.settings.experimental-features = ["nix-command" "flakes"];
  system.stateVersion = "24.11";
}
