# Virtual machine test of @service@: it starts, answers on its port, logs nothing critical, keeps its
# data across a reboot and is reached through the route that its contract asks for.
#
#   nix build .#checks.<system>.@service@Test
#
# It needs KVM and a full nixpkgs: run it before a deployment. The checks of qgroget, which it comes
# from, evaluate it and compile its script; they have not run it.
# A service in a container also needs its image in the machine, since a test has no network:
# give it with virtualisation.podman or take the container's part out of this test.
{
  pkgs,
  inputs ? {},
  ...
}: let
  inherit (pkgs) lib;
  root = ../..;
  service = "@service@";
  unit = "@unit@";

  # What a host has besides, as far as the flake has it among its inputs.
  fromInputs =
    lib.optional (inputs ? impermanence) inputs.impermanence.nixosModules.impermanence
    ++ lib.optional (inputs ? quadlet-nix) inputs.quadlet-nix.nixosModules.quadlet;

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
    options.sops = {
      secrets = file;
      templates = file;
      placeholder = lib.mkOption {
        type = lib.types.attrsOf lib.types.str;
        default = lib.mapAttrs (_: _: "secret-of-the-test") config.sops.secrets;
      };
    };
    config.environment.etc = lib.mapAttrs' (name: _: lib.nameValuePair "test-secrets/${name}" {text = "secret-of-the-test";}) (config.sops.secrets // config.sops.templates);
  };
in
  pkgs.testers.nixosTest {
    name = "${service}-test";

    nodes.server = {config, ...}: let
      contract = config.qgroget.serviceModules.${service};
    in {
      imports =
        lib.filter builtins.pathExists [(root + "/settings.nix")]
        ++ [
          (root + "/modules/server/options.nix")
          (root + "/modules/server/collector.nix")
          (root + "/@modulePath@")
          secrets
        ]
        ++ fromInputs;

      qgroget.serviceModules.${service} = {
        enable = true;
        # Neither other services nor their middlewares are in this machine; tests/integration has both.
        dependsOn = lib.mkForce [];
        middlewares = lib.mkForce [];
      };

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

      # A client certificate is asked for in tests/integration/routing.nix; here only the way counts.
      qgroget.contract.traefik = lib.mkIf contract.exposed {
        enable = true;
        certResolver = null;
        privateTlsOptions = "default";
      };
      services.traefik = lib.mkIf contract.exposed {
        enable = true;
        staticConfigOptions.entryPoints.websecure.address = ":443";
      };
    };

    testScript = {nodes, ...}: let
      contract = nodes.server.qgroget.serviceModules.${service};
      address = lib.optionalString (contract.subdomain != "") "${contract.subdomain}." + contract.domain;
      # Without impermanence among the inputs there is nothing to keep the data.
      persisted = lib.optionals (inputs ? impermanence) (map (each: each.directory or each) nodes.server.qgroget.collector.persistence);
    in
      ''
        def started():
            try:
                server.wait_for_unit("${unit}")
      ''
      + lib.optionalString (contract.port != null) ''
        ${"        "}server.wait_for_open_port(${toString contract.port})
      ''
      + ''
            except Exception:
                print(server.execute("systemctl status --no-pager '${unit}'; journalctl --no-pager -n 200 -u '${unit}'")[1])
                raise


        server.start()

        with subtest("${service} starts"):
            started()

        with subtest("${service} logs nothing critical"):
            critical = server.succeed("journalctl --no-pager -q -p crit -u '${unit}'").strip()
            assert critical == "", f"critical messages in the journal of ${unit}:\n{critical}"
      ''
      + lib.optionalString contract.exposed ''

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
      '';
  }
