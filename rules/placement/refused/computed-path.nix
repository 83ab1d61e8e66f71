# refused: computed-path at 10:72
{...}: {
  qgroget.services.clock = {
    name = "clock";
    url = "http://127.0.0.1:9600";
  };

  services.clock = {
    enable = true;
    face = builtins.readFile (./. + "/faces.json") + builtins.readFile ./${"faces"}.json;
  };
}
