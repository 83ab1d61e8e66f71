{
  config,
  lib,
  pkgs,
  ...
}: let
  repository = "/persist/backup/restic";
  password = config.sops.secrets."server/restic/password".path;

  # by priority, then by name
  jobs = lib.sort (a: b:
    if a.priority == b.priority
    then a.name < b.name
    else a.priority < b.priority)
  (lib.mapAttrsToList (name: job: job // {inherit name;}) config.qgroget.backups);

  perJob = f: lib.listToAttrs (map f jobs);

  # restic may read every file without being root
  restic = pkgs.writeShellScriptBin "restic" ''
    exec -a restic /run/wrappers/bin/restic "$@"
  '';
in {
  users.users.restic = {
    isSystemUser = true;
    group = "restic";
  };
  users.groups.restic.gid = 2010;

  sops.secrets = {
    "server/restic/password".owner = "restic";
    "server/offsite/passphrase" = {};
    "server/offsite/sshKey" = {};
  };

  security.wrappers.restic = {
    source = "${pkgs.restic}/bin/restic";
    owner = "root";
    group = "restic";
    permissions = "0750";
    capabilities = "cap_dac_read_search=+ep";
  };

  systemd.tmpfiles.rules = ["d ${repository} 0750 restic restic - -"];

  services.restic.backups = perJob (job:
    lib.nameValuePair job.name {
      inherit (job) paths exclude;
      user = "restic";
      package = restic;
      initialize = true;
      repository = "${repository}/${job.name}";
      passwordFile = password;
      backupPrepareCommand = job.preBackup;
      backupCleanupCommand = job.postBackup;
      # the round starts the jobs, one at a time
      timerConfig = null;
    });

  systemd.services =
    perJob (job:
      lib.nameValuePair "restic-backups-${job.name}" {
        wantedBy = lib.mkForce [];
        unitConfig = lib.mkIf job.requireNetwork {
          After = ["network-online.target"];
          Wants = ["network-online.target"];
        };
      })
    // {
      backup-round = {
        description = "Back up one job after the other";
        serviceConfig = {
          Type = "oneshot";
          Nice = 15;
          ExecStart = pkgs.writeShellScript "backup-round" ''
            set -uo pipefail
            failed=0

            backup() {
              local job=$1
              shift
              if (($#)); then systemctl stop "$@"; fi
              systemctl start --wait "restic-backups-$job.service" || failed=1
              if (($#)); then systemctl start "$@"; fi
            }

            ${lib.concatMapStringsSep "\n" (job: "backup ${lib.escapeShellArgs ([job.name] ++ job.systemdUnits)}") jobs}
            exit $failed
          '';
        };
      };
      backup-prune = {
        description = "Forget old snapshots";
        serviceConfig = {
          Type = "oneshot";
          User = "restic";
          ExecStart = pkgs.writeShellScript "backup-prune" (lib.concatMapStringsSep "\n" (job: ''
              ${restic}/bin/restic --repo ${repository}/${lib.escapeShellArg job.name} --password-file ${password} \
                forget --prune --keep-daily 14 --keep-monthly 6
            '')
            jobs);
        };
      };
    };

  systemd.timers = {
    backup-round = {
      wantedBy = ["timers.target"];
      timerConfig = {
        OnCalendar = "03:10";
        Persistent = true;
      };
    };
    backup-prune = {
      wantedBy = ["timers.target"];
      timerConfig.OnCalendar = "Sat 05:00";
    };
  };

  services.borgbackup.jobs.offsite = {
    paths = [repository "/tank/photos"];
    repo = "ssh://backup@${config.qgroget.backup.network.ip}/./offsite";
    encryption = {
      mode = "repokey-blake2";
      passCommand = "cat ${config.sops.secrets."server/offsite/passphrase".path}";
    };
    environment.BORG_RSH = "ssh -i ${config.sops.secrets."server/offsite/sshKey".path}";
    startAt = "weekly";
  };
}
