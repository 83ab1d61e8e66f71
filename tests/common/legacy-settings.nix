# What gathers the persistence of all services.
{
  config,
  lib,
  ...
}: {
  environment.persistence."/persist".directories =
    lib.concatMap (service: service.persistedData) (lib.attrValues config.qgroget.services);
}
