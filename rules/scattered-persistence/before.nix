{...}: {
  imports = [../../persistence.nix];

  qgroget.services.garden = {
    name = "garden";
    url = "http://127.0.0.1:9800";
  };

  environment.persistence."/persist".directories = [
    # the watering plan
    "/var/lib/garden"
  ];

  services.garden.enable = true;
}
