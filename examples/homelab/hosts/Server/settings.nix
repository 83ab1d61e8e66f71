{lib, ...}: {
  qgroget = {
    server = {
      domain = "lab.example.org";
      test.enable = false;
      calibre.enable = true;
    };
    nixos = {
      isDesktop = false;
      apps.basic = false;
      desktop.environment = lib.mkForce "none";
    };
  };
}
