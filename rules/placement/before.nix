{...}: {
  qgroget.services.clock = {
    name = "clock";
    url = "http://127.0.0.1:9600";
  };

  services.clock = {
    enable = true;
    faces = builtins.fromJSON (builtins.readFile ./faces.json);
  };
}
