# refused: unmovable at 7:65
{lib, ...}: {
  config = lib.mkMerge [
    (let
      port = 9100;
    in {
      qgroget.services.radio.url = "http://127.0.0.1:${toString port}";
      qgroget.services.radio.name = "radio";
    })
    {services.radio.enable = true;}
  ];
}
