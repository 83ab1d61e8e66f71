# Table of evaluation cases for the contract, on nixpkgs' own library:
#
#   nix-instantiate --eval --strict --json --expr 'import ./nix/tests/suite {}'
#
# prints a list of {name; ok; got; want}. A case's name begins with the story it shows.
# The files under test are parameters, so that altered copies can be given (see tests/contract/mutants).
{
  optionsFile ? ../../options.nix,
  collectorFile ? ../../collector.nix,
  bridgeFile ? ../../legacy-bridge.nix,
  templateFile ? ../../template/default.nix,
  lib ? import <nixpkgs/lib>,
}: let
  harness = import ./harness.nix {inherit lib optionsFile collectorFile bridgeFile templateFile;};
  cases = lib.concatMap (file: import file harness) [
    ./fields.nix
    ./schema.nix
    ./aggregates.nix
    ./checks.nix
    ./faults.nix
    ./databases.nix
    ./documentation.nix
    ./dependencies.nix
    ./listeners.nix
    ./hosts.nix
    ./backends.nix
    ./domains.nix
    ./traefik.nix
    ./conformance.nix
    ./coexistence.nix
  ];
  judge = {
    name,
    got,
    want,
  }: let
    result = builtins.tryEval (builtins.deepSeq got got);
    value =
      if result.success
      then result.value
      else "<throws>";
  in {
    inherit name want;
    got = value;
    ok = value == want;
  };
  names = map (case: case.name) cases;
in
  assert lib.assertMsg (names == lib.unique names) "two cases have the same name";
    map judge cases
