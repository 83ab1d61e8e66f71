{pkgs, ...}:
pkgs.testers.runNixOSTest {
  name = "jellyseerr";

  nodes = {
    server = {...}: {
      imports = [
        ../../settings.nix
        ../../modules/server/options.nix
        ../../modules/server/media/video/jellyseerr.nix
      ];

      qgroget.nixos.isDesktop = false;
      qgroget.nixos.desktop.environment = "none";
      qgroget.server.jellyseerr = {
        enable = true;
        port = 5055;
      };
    };

    visitor = {...}: {};
  };

  testScript = ''
    start_all()
    server.wait_for_unit("jellyseerr.service")
    server.wait_for_open_port(5055)
    server.succeed("curl --fail http://127.0.0.1:5055/api/v1/status")

    with subtest("only through the proxy"):
        visitor.fail("curl --fail --max-time 5 http://server:5055/api/v1/status")
  '';
}
