# Integration test of the routes: Traefik runs with exactly the configuration that the collector
# generates from contracts, and requests go where the contracts say.
#
#   nix build .#checks.<system>.routing-integration
#
# It needs KVM and a full nixpkgs: run it before a deployment. The checks of qgroget, which it comes
# from, evaluate it and compile its script; they have not run it.
{pkgs, ...}: let
  inherit (pkgs) lib;
  root = ../..;

  # A certificate authority of the test's own, and one client that has a certificate from it.
  certificates = pkgs.runCommand "routing-test-certificates" {nativeBuildInputs = [pkgs.openssl];} ''
    mkdir $out && cd $out
    openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=test authority" -keyout ca.key -out ca.pem
    openssl req -newkey rsa:2048 -nodes -subj "/CN=test client" -keyout client.key -out client.csr
    openssl x509 -req -in client.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 3650 -out client.pem
  '';

  # A web server that answers with its name.
  backend = name: port: {
    wantedBy = ["multi-user.target"];
    serviceConfig.ExecStart = "${pkgs.python3}/bin/python3 -m http.server ${toString port} --bind 127.0.0.1 --directory ${pkgs.writeTextDir "index.html" "this is ${name}"}";
  };
  contract = {
    enable = true;
    domain = "example.org";
    dataDir = null;
    persistedData = [];
    backupPaths = [];
  };
in
  pkgs.testers.nixosTest {
    name = "routing-test";

    nodes.server = {...}: {
      imports = [
        (root + "/modules/server/options.nix")
        (root + "/modules/server/collector.nix")
      ];

      qgroget.contract.traefik = {
        enable = true;
        certResolver = null;
      };
      qgroget.serviceModules = {
        open =
          contract
          // {
            exposed = true;
            port = 8001;
            type = "public";
            middlewares = ["no-index"];
          };
        closed =
          contract
          // {
            exposed = true;
            subdomain = "vault";
            port = 8002;
            type = "private";
            traefikDynamicConfig.tls.options.mtls.clientAuth = {
              caFiles = ["${certificates}/ca.pem"];
              clientAuthType = "RequireAndVerifyClientCert";
            };
          };
        hidden = contract // {port = 8003;};
      };
      systemd.services = {
        open = backend "open" 8001;
        closed = backend "closed" 8002;
        hidden = backend "hidden" 8003;
      };
      services.traefik = {
        enable = true;
        staticConfigOptions = {
          entryPoints.websecure.address = ":443";
          # Traefik's own view of its routers, on port 8080.
          entryPoints.traefik.address = "127.0.0.1:8080";
          api.insecure = true;
        };
      };
    };

    testScript = ''
      import json


      def request(host, options=""):
          return f"curl -sk --fail -D /tmp/headers {options} --resolve {host}:443:127.0.0.1 https://{host}/"


      server.start()
      server.wait_for_unit("traefik.service")
      for port in [443, 8001, 8002, 8003, 8080]:
          server.wait_for_open_port(port)

      with subtest("Traefik has the routers of the exposed services, and no other"):
          routers = {
              router["name"]: router
              for router in json.loads(server.succeed("curl -s http://127.0.0.1:8080/api/http/routers"))
              if router["provider"] == "file"
          }
          assert set(routers) == {"open@file", "closed@file"}, routers
          assert all(router["status"] == "enabled" for router in routers.values()), routers
          assert routers["closed@file"]["rule"] == "Host(`vault.example.org`)", routers
          assert routers["closed@file"]["tls"]["options"].startswith("mtls"), routers

      with subtest("a public service is reached, through its middlewares"):
          assert "this is open" in server.succeed(request("open.example.org"))
          assert "noindex" in server.succeed("grep -i x-robots-tag /tmp/headers")

      with subtest("a private service asks for a client certificate"):
          server.fail(request("vault.example.org"))
          certificate = "--cert ${certificates}/client.pem --key ${certificates}/client.key"
          assert "this is closed" in server.succeed(request("vault.example.org", certificate))

      with subtest("a service that is not exposed is not reached"):
          server.fail(request("hidden.example.org"))
    '';
  }
