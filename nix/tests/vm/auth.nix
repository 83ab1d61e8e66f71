# Integration test across services: a page behind Authelia, whose users are in LLDAP, with the
# contracts' dependencies, databases and routes.
#
#   nix build .#checks.<system>.auth-integration
#
# It needs KVM and a full nixpkgs: run it before a deployment. The checks of qgroget, which it comes
# from, evaluate it and compile its script; they have not run it.
{pkgs, ...}: let
  inherit (pkgs) lib;
  root = ../..;
  secret = name: toString (pkgs.writeText name "a-secret-of-this-test-and-of-nothing-else-${name}");
  password = "password-of-the-test";
  contract = {
    enable = true;
    domain = "example.org";
    dataDir = null;
    persistedData = [];
    backupPaths = [];
  };
in
  pkgs.testers.nixosTest {
    name = "auth-test";

    nodes.server = {config, ...}: {
      imports = [
        (root + "/modules/server/options.nix")
        (root + "/modules/server/collector.nix")
      ];

      qgroget.contract.traefik = {
        enable = true;
        certResolver = null;
      };
      qgroget.serviceModules = {
        lldap = contract // {port = 17170;};
        authelia =
          contract
          // {
            dependsOn = ["lldap"];
            exposed = true;
            subdomain = "auth";
            port = 9091;
            type = "public";
          };
        notes =
          contract
          // {
            dependsOn = ["authelia" "postgresql"];
            databases = [{name = "notes";}];
            exposed = true;
            port = 8001;
            type = "public";
            middlewares = ["authelia"];
          };
      };

      services.lldap = {
        enable = true;
        settings = {
          ldap_base_dn = "dc=example,dc=org";
          ldap_user_email = "admin@example.org";
        };
        environment = {
          LLDAP_LDAP_USER_PASS = password;
          LLDAP_JWT_SECRET_FILE = secret "lldap-jwt";
        };
      };

      services.authelia.instances.main = {
        enable = true;
        secrets = {
          jwtSecretFile = secret "authelia-jwt";
          storageEncryptionKeyFile = secret "authelia-storage";
          sessionSecretFile = secret "authelia-session";
        };
        environmentVariables.AUTHELIA_AUTHENTICATION_BACKEND_LDAP_PASSWORD_FILE = toString (pkgs.writeText "ldap-password" password);
        settings = {
          server.address = "tcp://127.0.0.1:${toString config.qgroget.serviceModules.authelia.port}";
          authentication_backend.ldap = {
            implementation = "lldap";
            address = "ldap://127.0.0.1:3890";
            base_dn = "dc=example,dc=org";
            user = "uid=admin,ou=people,dc=example,dc=org";
          };
          access_control.default_policy = "one_factor";
          session.cookies = [
            {
              domain = "example.org";
              authelia_url = "https://auth.example.org";
            }
          ];
          storage.local.path = "/var/lib/authelia-main/db.sqlite3";
          notifier.filesystem.filename = "/var/lib/authelia-main/notifications.txt";
        };
      };

      # The page to protect, with a database user of its own.
      users.users.notes = {
        isSystemUser = true;
        group = "notes";
      };
      users.groups.notes = {};
      systemd.services.notes = {
        wantedBy = ["multi-user.target"];
        serviceConfig = {
          User = "notes";
          ExecStart = "${pkgs.python3}/bin/python3 -m http.server 8001 --bind 127.0.0.1 --directory ${pkgs.writeTextDir "index.html" "these are the notes"}";
        };
      };

      services.traefik = {
        enable = true;
        staticConfigOptions.entryPoints.websecure.address = ":443";
      };
    };

    testScript = {nodes, ...}: let
      database = nodes.server.qgroget.serviceModules.notes.databaseConfig;
    in ''
      import json

      curl = (
          "curl -sk -b /tmp/cookies -c /tmp/cookies "
          "--resolve auth.example.org:443:127.0.0.1 --resolve notes.example.org:443:127.0.0.1 "
      )

      server.start()

      with subtest("the services that others depend on run"):
          for unit in ["lldap.service", "postgresql.service", "authelia-main.service", "traefik.service", "notes.service"]:
              server.wait_for_unit(unit)
          for port in [443, 3890, 8001, 9091]:
              server.wait_for_open_port(port)

      with subtest("the database is there, and its user owns it"):
          server.wait_until_succeeds("sudo -u ${database.user} psql ${database.name} -c 'create table page (id int)'")

      with subtest("without a session the page leads to the login"):
          headers = server.wait_until_succeeds(curl + "-o /dev/null -D - https://notes.example.org/ | grep -i ^location:")
          assert "auth.example.org" in headers, headers

      with subtest("a wrong password is refused"):
          login = json.dumps({"username": "admin", "password": "wrong", "keepMeLoggedIn": False})
          answer = server.succeed(curl + f"-H 'Content-Type: application/json' -d '{login}' https://auth.example.org/api/firstfactor")
          assert json.loads(answer)["status"] != "OK", answer

      with subtest("a user of LLDAP logs in and sees the page"):
          login = json.dumps({"username": "admin", "password": "${password}", "keepMeLoggedIn": False})
          answer = server.succeed(curl + f"-H 'Content-Type: application/json' -d '{login}' https://auth.example.org/api/firstfactor")
          assert json.loads(answer)["status"] == "OK", answer
          assert "these are the notes" in server.succeed(curl + "https://notes.example.org/")
    '';
  }
