{...}: {
  imports = [
    ../global.nix
    ../../modules/apps/firefox.nix
    ./hardware-configuration.nix
  ];

  boot.loader.systemd-boot.enable = true;

  services = {
    desktopManager.gnome.enable = true;
    displayManager.gdm.enable = true;
  };
}
