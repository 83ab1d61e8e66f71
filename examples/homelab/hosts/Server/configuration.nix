{
  config,
  pkgs,
  ...
}: {
  imports = [
    ../global.nix
    ../../modules/server
    ../../modules/server/misc/syncthing.nix
    ./disk-config.nix
    ./hardware-configuration.nix
  ];

  users.mutableUsers = false;
  users.users.${config.qgroget.user.username} = {
    # rootless containers go on running after logout
    linger = true;
    autoSubUidGidRange = true;
  };

  networking = {
    hostId = "0badcafe";
    firewall.allowedTCPPorts = [22];
  };

  boot = {
    supportedFilesystems = ["zfs"];
    loader.systemd-boot.enable = true;
  };

  services.openssh = {
    enable = true;
    settings.PasswordAuthentication = false;
  };

  virtualisation = {
    podman = {
      enable = true;
      dockerCompat = true;
    };
    quadlet = {
      enable = true;
      autoEscape = true;
    };
  };

  environment.systemPackages = [pkgs.zfs pkgs.podman-compose];
}
