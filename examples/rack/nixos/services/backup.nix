{
  config,
  lib,
  ...
}: {
  services.restic.backups = lib.mapAttrs (name: job: {
    inherit (job) paths exclude;
    repository = "/mnt/backup/${name}";
    backupPrepareCommand = lib.concatMapStringsSep "\n" (unit: "systemctl stop ${unit}") job.systemdUnits;
    backupCleanupCommand = lib.concatMapStringsSep "\n" (unit: "systemctl start ${unit}") job.systemdUnits;
  }) config.homelab.backups;
}
