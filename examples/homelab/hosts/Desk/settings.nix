{...}: {
  qgroget.nixos = {
    isDesktop = true;
    desktop.environment = "gnome";
  };
}
