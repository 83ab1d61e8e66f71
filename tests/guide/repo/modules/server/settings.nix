{
  config,
  lib,
  ...
}: {
  environment.persistence."/persist".directories = lib.concatLists [
    (lib.concatMap (service: service.persistedData) (lib.attrValues config.qgroget.services))
    ["/var/lib/containers" "/var/lib/postgresql"]
  ];
}
