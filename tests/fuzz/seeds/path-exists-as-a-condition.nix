{config, lib, ...}: {
  config = lib.mkIf (builtins.pathExists ./x.nix && true) {
    qgroget.services.beta = {
      url = "http://127.0.0.1:8080";
    };
  };
}
