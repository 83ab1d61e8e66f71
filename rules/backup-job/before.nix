{pkgs, ...}: {
  qgroget.services.recipes = {
    name = "recipes";
    url = "http://127.0.0.1:9300";
    persistedData = ["/var/lib/recipes"];
  };

  # at night, when nobody cooks
  qgroget.backups.recipes = {
    paths = [
      "/var/lib/recipes"
      # "/var/lib/recipes-old"
    ];
    exclude = ["/var/lib/recipes/thumbnails"];
    systemdUnits = ["recipes.service"];
    # a consistent copy
    preBackup = ''
      ${pkgs.sqlite}/bin/sqlite3 /var/lib/recipes/recipes.db ".backup '/var/lib/recipes/copy.db'"
    '';
    postBackup = ''
      rm --force /var/lib/recipes/copy.db
    '';
    priority = 200;
    requireNetwork = false;
  };

  services.recipes.enable = true;
}
