# refused: split-conditions at 8:3
{lib, ...}: {
  qgroget.services.recipes = {
    name = "recipes";
    url = "http://127.0.0.1:9300";
  };

  qgroget.backups.recipes = lib.optionalAttrs (builtins.pathExists /var/lib/recipes) {paths = ["/var/lib/recipes"];};
}
