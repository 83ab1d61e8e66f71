{...}: {
  qgroget.services.photos = {
    name = "photos";
    url = "http://127.0.0.1:9700";
    persistedData = ["/var/lib/photos"];
    # the originals are nowhere else
    backupDirectories = ["/var/lib/photos"];
  };

  services.photos.enable = true;
}
