{config, lib, ...}: {
  imports = [./x.nix ../y # z
];
  
  options.qgroget.server.alpha = {
    enable = lib.mkEnableOption "it";
    port = lib.mkOption {
      type = lib.types.port;
      default = 8080;
    };
  };
  config =
    {
    qgroget.services.alpha = {
      url = "http://127.0.0.1:8080";
      traefikDynamicConfig.http.middlewares.x

= /**/ [ "/var/lib/alpha"
# above
  "two
  lines \" \${x} $${y}" ];
};
    virtualisation.quadlet.containers.alpha = { # opens
    database.host

= let y = ''
   ${if a
  then "b" else ''c''}
 
 ''; in y;
};
  };
}
