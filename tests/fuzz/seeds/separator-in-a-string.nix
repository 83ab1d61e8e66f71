{pkgs, ...}:
pkgs.testers.runNixOSTest {
  name = "jellyfin";

  nodes = {
    server = {...}: {
      imports = [
        ../../settings.nix
        ../../modules/server/options.nix
        ../../modules/server/media/video
      ];

      environment.etc."jellyfin-password".text = "not-a-secret";

      qgroget.nixos.isDesktop = false;
      qgroget.nixos.desktop.environment = "none";
      qgroget.server.jellyfin = {
        enable = true;
        discovery = true;
        libraries.films = ["/srv/films"];
        accounts.admin = {
          passwordFile = "/etc/jellyfin-password";
          administrator = true;
        };
      };
    };

    visitor = {...}: {};
  };

  testScript = ''
    start_all()
    server.wait_for_unit("jellyfin.service")
    server.wait_for_open_port(8096)
     server.wait_until_succeeds("curl --fail http://127.0.0.1:8096/health")

    with subtest("the house network reaches it"):
        visitor.succeed("curl --fail http://server:8096/health")
  '';
}
