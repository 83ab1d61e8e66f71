{
  nodes.machine = {...}: {
    imports = [../../modules/server/options.nix ../../modules/server/house/clock];
    qgroget.serviceModules.clock.enable = true;
  };
  testScript = "machine.wait_for_unit('clock.service')";
}
