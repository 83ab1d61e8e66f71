{
  config,
  lib,
  ...
}: {
  preservation.preserveAt."/persist".directories =
    lib.concatLists (lib.mapAttrsToList (_: service: service.persistedData) config.homelab.services)
    ++ ["/var/lib/caddy"];
}
