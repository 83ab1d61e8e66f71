{
  config,
  lib,
  ...
}: {
  config = let
    # accounts that Jellyfin creates with a password of ours
    accounts = ["admin" "robin"];
    secretOf = account: "server/jellyfin/account/${account}/password";
  in {
    sops.secrets = lib.listToAttrs (map (account: lib.nameValuePair (secretOf account) {}) accounts);

    environment.persistence."/persist".directories = lib.concatLists [
      (lib.flatten (lib.mapAttrsToList (_: entry: entry.persistedData) (config.qgroget.services or {})))
      ["${config.qgroget.server.containerDir}" "/var/lib/containers" "/var/lib/postgresql"]
    ];

    qgroget.server = {
      # Switches of the services that have one
      jellyfin = {
        enable = true;
        accounts = {
          admin = {
            passwordFile = config.sops.secrets.${secretOf "admin"}.path;
            administrator = true;
          };
          robin = {
            passwordFile = config.sops.secrets.${secretOf "robin"}.path;
            # administrator = true;
          };
        };
      };
      jellyseerr = {enable = true;};
      kavita.enable = true;
    };
  };
}
