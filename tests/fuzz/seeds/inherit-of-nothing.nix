{
  config = lib.mkMerge [
  (lib.mkIf cfg.enable { # opens
    qgroget.services = {
    beta = {
      
      url = "http://127.0.0.1:8080";
          inherit (cfg);
};
};
    services.postgresql = {ensureDatabases = ["beta"]; ensureUsers = [{name = "beta";}];};     
    # at the end
  })
  ];
}
