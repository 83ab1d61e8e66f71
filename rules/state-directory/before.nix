{...}: let
  containerDir = "/srv/containers";
in {
  qgroget.services.diary = {
    name = "diary";
    url = "http://127.0.0.1:9300";
  };

  virtualisation.quadlet.containers.diary.containerConfig = {
    image = "docker.io/example/diary:1";
    volumes = [
      "${containerDir}/diary/pages:/pages:Z"
      "${containerDir}/diary/config:/config:Z"
      # what another service writes is read only
      "/tank/photos/diary:/photos:ro"
    ];
  };
}
