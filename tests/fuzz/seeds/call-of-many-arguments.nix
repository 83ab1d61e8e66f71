{config, lib, ...}: with lib; let in
{
  # of the next
  config = let x = 1; in {
    qgroget.services.gamma-2.url = "http://127.0.0.1:8080";
    qgroget.services.gamma-2
    = {
      url = "http://127.0.0.1:8080";
      
      "name"

= # beside
./x.nix;
       persistedData =
# above
  [ /**/ "${dataDir}/x" ];
};
        environment.persistence."/persist".directories = [

x: { # opens
} /**/ {directory = "/var/lib/alpha"; user = "alpha"; mode = "0700";} /**/ # "/commented/out"
 /**/ ''
      one
        two
    '' /* between */ "two
  lines \" \${x} $${y}" "two
  lines \" \${x} $${y}" /**/ "alpha.service"
# above
  toString cfg.port /**/ {directory = "/var/lib/alpha"; user = "alpha"; mode = "0700";}

"two
  lines \" \${x} $${y}" # beside
"${cfg.dataDir}" "alpha.service" "two
  lines \" \${x} $${y}" /**/ {
    volumes

= (map (x: "/x/${x}") ["a" "b"]);
}

];    services.alpha = {    http.middlewares.m.headers = {
};
    a."b".c

= lib.mkIf (cfg.x or false) (-1);
        image /* between */ =

let y = ./x.nix; in y;
};
    environment.persistence."/persist".directories = (map (x: "/x/${x}") ["a" "b"]);         qgroget.services."alpha" /* between */ = /**/ rec {
          url = "http://127.0.0.1:8080";
      /* block
         of two */
      name /* between */ = /**/ ./x.nix;
       inherit (cfg) type;
};
 # behind
  };
}
