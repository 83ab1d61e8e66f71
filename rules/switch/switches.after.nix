{...}: {
  qgroget.server = {
    # the thermometers
    weather = {
      station = "garden";
    };
  };
}
