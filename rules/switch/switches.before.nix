{...}: {
  qgroget.server = {
    # the thermometers
    weather = {
      enable = true;
      station = "garden";
    };
  };
}
