# The virtual machine test that services share: the service starts, answers on its port, logs nothing
# critical, keeps its data across a reboot and is reached through the route that its contract asks for.
# What differs stands in ../<service>/default.nix.
#
# It needs KVM and a full nixpkgs: run it before a deployment. The checks of qgroget, which it comes
# from, evaluate it and compile its script; they have not run it.
{
  pkgs,
  # The flake's inputs, as far as it passes them on.
  inputs ? {},
  # The name of the service's contract.
  service,
  # The service's module, and those that declare or define what it reads.
  modules,
  # The units that run then; the port and the route are tried when all of them do.
  units,
  # Whether the machine gets a Traefik: not where one of the modules brings its own.
  proxy ? true,
  # Arguments of modules that are not NixOS's own, as the host's specialArgs.
  arguments ? {},
  # Images of containers, as pkgs.dockerTools.pullImage or buildImage makes them: a test has no network.
  images ? [],
  # What is special to the service, as a module.
  settings ? {},
  ...
}: let
  inherit (pkgs) lib;
  root = ../..;
  passed = {inherit inputs;} // arguments;

  # What a host has besides, as far as the flake has it among its inputs.
  fromInputs = lib.concatLists (lib.mapAttrsToList (input: module: lib.optional (inputs ? ${input}) inputs.${input}.nixosModules.${module}) {
    impermanence = "impermanence";
    preservation = "preservation";
    quadlet-nix = "quadlet";
  });

  # A module that asks for more than NixOS gives it gets it here, so that its imports can depend on it.
  fitted = path: let
    module = import path;
    asked = builtins.intersectAttrs (lib.functionArgs module) passed;
  in
    if lib.isFunction module && asked != {}
    then {
      _file = toString path;
      key = toString path;
      imports = [(lib.setFunctionArgs (given: module (given // asked)) (removeAttrs (lib.functionArgs module) (lib.attrNames asked)))];
    }
    else path;

  # Secrets are not decrypted in a test: each is a file with a made-up value.
  secrets = {config, ...}: let
    file = lib.mkOption {
      default = {};
      type = lib.types.attrsOf (lib.types.submodule ({name, ...}: {
        freeformType = lib.types.attrsOf lib.types.anything;
        options.path = lib.mkOption {
          type = lib.types.str;
          default = "/etc/test-secrets/${name}";
        };
      }));
    };
  in {
    options.sops = lib.mkOption {
      default = {};
      type = lib.types.submodule {
        freeformType = lib.types.attrsOf lib.types.anything;
        options = {
          secrets = file;
          templates = file;
          placeholder = lib.mkOption {
            type = lib.types.attrsOf lib.types.str;
            default = lib.mapAttrs (_: _: "secret-of-the-test") config.sops.secrets;
          };
        };
      };
    };
    config.environment.etc = lib.mapAttrs' (name: _: lib.nameValuePair "test-secrets/${name}" {text = "secret-of-the-test";}) (config.sops.secrets // config.sops.templates);
  };

  # Rules that a module adds for an Authelia that does not run here make an instance, which asks for secrets all the same.
  upstream = toString (pkgs.path or /nowhere) + "/nixos/modules/services/security/authelia.nix";
  signOn = lib.optional (builtins.pathExists upstream) {
    options.services.authelia.instances = lib.mkOption {
      type = lib.types.attrsOf (lib.types.submodule {config.secrets.manual = lib.mkDefault true;});
    };
  };

  # Neither what a service depends on nor the middlewares that it names are in this machine. That holds for all
  # services, since a module that several share brings the others.
  alone = {
    options.qgroget.serviceModules = lib.mkOption {
      type = lib.types.attrsOf (lib.types.submodule {
        dependsOn = lib.mkForce [];
        middlewares = lib.mkForce [];
      });
    };
  };

  machine = {config, ...}: let
    contract = config.qgroget.serviceModules.${service};
  in {
    imports =
      [
        (root + "/modules/server/options.nix")
        (root + "/modules/server/collector.nix")
        secrets
        alone
        settings
      ]
      ++ map fitted modules
      ++ signOn
      ++ fromInputs;

    _module.args = lib.mapAttrs (_: lib.mkDefault) passed;

    qgroget.serviceModules.${service}.enable = true;

    # The root is lost when the machine goes down, as on the host; only /persist stays.
    virtualisation = {
      memorySize = 2048;
      diskImage = null;
      emptyDiskImages = [4096];
      fileSystems.${config.qgroget.contract.persistenceRoot} = {
        device = "/dev/vda";
        fsType = "ext4";
        autoFormat = true;
        neededForBoot = true;
      };
    };

    systemd.services.images-of-the-test = lib.mkIf (images != []) {
      requiredBy = units;
      before = units;
      serviceConfig.Type = "oneshot";
      script = lib.concatMapStrings (image: "${pkgs.podman}/bin/podman load --input ${image}\n") images;
    };

    # No client certificate is asked for: only the way to the service counts here.
    qgroget.contract.traefik = lib.mkIf (proxy && contract.exposed) {
      enable = true;
      certResolver = null;
      privateTlsOptions = "default";
    };
    services.traefik = lib.mkIf (proxy && contract.exposed) {
      enable = true;
      staticConfigOptions.entryPoints.websecure.address = ":443";
    };
  };
in
  (pkgs.testers.nixosTest or pkgs.nixosTest) {
    name = "${service}-test";

    nodes.server = machine;

    testScript = {nodes, ...}: let
      # The driver of nixpkgs before 22.11 has the configuration one level below.
      server =
        if nodes.server ? config && !(nodes.server ? systemd)
        then nodes.server.config
        else nodes.server;
      contract = server.qgroget.serviceModules.${service};
      address = lib.optionalString (contract.subdomain != "") "${contract.subdomain}." + contract.domain;
      # Without impermanence among the inputs there is nothing to keep the data.
      persisted = lib.optionals (inputs ? impermanence) (map (each: each.directory or each) server.qgroget.collector.persistence);
      # A quadlet is a unit only once the machine runs.
      quadlets = lib.attrNames (server.virtualisation.quadlet.containers or {});
      isThere = unit: server.systemd.units ? ${unit} || lib.elem (lib.removeSuffix ".service" unit) quadlets;
      absent = lib.filter (unit: !isThere unit) (lib.optionals (server.systemd ? units) units);
      named = lib.concatMapStringsSep " " (unit: "'${unit}'") units;
      journals = lib.concatMapStringsSep " " (unit: "-u '${unit}'") units;
    in
      lib.throwIf (absent != []) "the machine of the test of ${service} has no ${lib.concatStringsSep ", " absent}"
      (''
          def started():
              try:
                  for unit in ${builtins.toJSON units}:
                      server.wait_for_unit(unit)
        ''
        + lib.optionalString (contract.port != null) ''
          ${"        "}server.wait_for_open_port(${toString contract.port})
        ''
        + ''
              except Exception:
                  print(server.execute("systemctl status --no-pager ${named}; journalctl --no-pager -n 200 ${journals}")[1])
                  raise


          server.start()

          with subtest("${service} starts"):
              started()

          with subtest("${service} logs nothing critical"):
              critical = server.succeed("journalctl --no-pager -q -p crit ${journals}").strip()
              assert critical == "", f"critical messages in the journal of ${service}:\n{critical}"
        ''
        + lib.optionalString (proxy && contract.exposed) ''

          with subtest("https://${address} leads to ${service}"):
              server.wait_for_unit("traefik.service")
              server.wait_for_open_port(443)
              # 404 is Traefik's answer where no router matches, 502 where nobody listens behind it.
              server.wait_until_succeeds(
                  "code=$(curl -sk -o /dev/null -w '%{http_code}' --resolve ${address}:443:127.0.0.1 https://${address}/); "
                  "test $code != 000 -a $code != 404 -a $code != 502",
                  timeout=60,
              )
        ''
        + lib.optionalString (persisted != []) ''

          with subtest("${service} keeps its data across a reboot"):
              directories = ${builtins.toJSON persisted}
              for directory in directories:
                  server.succeed(f"echo kept > '{directory}/.survives-a-reboot'")
              server.succeed("echo lost > /var/lib/not-persisted")
              server.shutdown()
              server.start()
              started()
              for directory in directories:
                  server.succeed(f"grep kept '{directory}/.survives-a-reboot'")
              # The other way round: what nobody persists is gone, so the machine does lose its root.
              server.fail("test -e /var/lib/not-persisted")
        '');
  }
