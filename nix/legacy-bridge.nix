# Shows the contract's services to everything that still reads the legacy `qgroget.services`:
# the Traefik generator, the dashboard, log collectors, other hosts.
#
# Their persistence and backups come from the collector, so those fields stay empty here.
# In the other direction, it tells the collector's checks of the services that are declared in the legacy pattern.
# Once nothing reads `qgroget.services` any more, this file goes and nothing else changes.
{
  config,
  lib,
  options,
  ...
}: let
  legacy = options.qgroget.services;
  file = toString ./. + "/legacy-bridge.nix";
  declared = lib.filter (definition: definition.file != file) legacy.definitionsWithLocations;
in {
  # By which the definitions below are told from those of others.
  _file = file;

  qgroget.services = lib.mapAttrs (name: contract: let
    service = config.qgroget.collector.services.${name};
  in
    # The condition stands inside each entry, so that a contract with faults hides no other service.
    lib.mkIf (contract.enable && contract.exposed) {
      name = service.name;
      subdomain = service.subdomain;
      url = service.url;
      type = service.type;
      middlewares = service.middlewares;
      logPath = service.logPath;
      journalctl = service.journalctl;
      unitName = service.unitName;
      traefikDynamicConfig = service.traefikDynamicConfig;
    })
  config.qgroget.serviceModules;

  # What is shown above is left out before anything is read from it, since it does not evaluate where a
  # contract has faults. A legacy service counts also where it has a contract, which is not enabled then.
  qgroget.collector.otherServices =
    lib.optionalAttrs (declared != []) (lib.modules.mergeDefinitions legacy.loc legacy.type declared).mergedValue;
}
