{
  nodes.machine = {...}: {
    imports = [../../modules/server/options.nix ../../modules/server/house/clocks.nix];
  };
  testScript = "machine.wait_for_unit('clock.service')";
}
