{config, lib, ...}: with lib; let
  cfg = config.qgroget.server.gamma-2;
in {
  # of the next
  imports = [./x.nix ../y # z
];
  options.qgroget.server.gamma-2 = {
    enable = lib.mkEnableOption "it";
    port = lib.mkOption {
      type = lib.types.port;
      default = 8080;
    };
  };
      config = lib.mkMerge [
  rec {
    qgroget.services."‮x" =
    {
      # of the next
      url = "http://127.0.0.1:8080";
          unitName
    =	x: <nixpkgs/lib>;
      /* block
         of two */
      "name"  = x: true;
      persistedData = [ ];
};
  }
  ];
}
