# refused: unsupported-value at 4:5
{lib, ...}: {
  qgroget.services.films =
    lib.recursiveUpdate {url = "http://127.0.0.1:9001";} {name = "cinema";};
}
