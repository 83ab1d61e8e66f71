{lib, ...}: let
  inherit (lib) mkOption types;

  directory = types.submodule {
    options = {
      directory = mkOption {
        type = types.str;
        description = "Directory that survives a reboot.";
      };
      user = mkOption {
        type = types.str;
        default = "root";
        description = "Its owner.";
      };
      group = mkOption {
        type = types.str;
        default = "root";
        description = "Its group.";
      };
      mode = mkOption {
        type = types.str;
        default = "0755";
        description = "Its permissions, octal or symbolic.";
      };
    };
  };
in {
  options.qgroget = {
    services = mkOption {
      default = {};
      description = "What the server offers, one entry for each service.";
      type = types.attrsOf (types.submodule {
        options = {
          name = mkOption {
            type = types.str;
            description = "Label of the service in front of the server's domain.";
          };
          url = mkOption {
            type = types.str;
            description = "Where the proxy forwards requests to.";
          };
          type = mkOption {
            type = types.enum ["private" "public"];
            default = "private";
            description = "A private service asks the visitor for a client certificate, a public one does not.";
          };
          middlewares = mkOption {
            type = types.listOf types.str;
            default = [];
            description = "Traefik middlewares in the order in which they apply.";
          };
          persistedData = mkOption {
            type = types.listOf (types.either types.str directory);
            default = [];
            example = ["/var/lib/example"];
            description = "Directories to keep across reboots.";
          };
          backupDirectories = mkOption {
            type = types.listOf types.str;
            default = [];
            description = "Directories that belong into the backups.";
          };
          journalctl = mkOption {
            type = types.bool;
            default = false;
            description = "Whether the service logs to the journal.";
          };
          unitName = mkOption {
            type = types.str;
            default = "";
            description = "Unit whose journal has the service's log.";
          };
          logPath = mkOption {
            type = types.str;
            default = "";
            description = "Log file of a service that does not log to the journal.";
          };
          traefikDynamicConfig = mkOption {
            type = types.attrs;
            default = {};
            description = "More of Traefik's dynamic configuration, merged with that of all services.";
          };
        };
      });
    };

    backups = mkOption {
      default = {};
      description = "Restic jobs.";
      type = types.attrsOf (types.submodule {
        options = {
          paths = mkOption {
            type = types.listOf types.str;
            description = "What the job saves.";
          };
          exclude = mkOption {
            type = types.listOf types.str;
            default = [];
            description = "Patterns that the job leaves out.";
          };
          systemdUnits = mkOption {
            type = types.listOf types.str;
            default = [];
            description = "Units that stand still while the job runs.";
          };
          preBackup = mkOption {
            type = types.nullOr types.lines;
            default = null;
            description = "Shell commands before the job.";
          };
          postBackup = mkOption {
            type = types.nullOr types.lines;
            default = null;
            description = "Shell commands after the job.";
          };
          priority = mkOption {
            type = types.int;
            default = 1000;
            description = "Jobs run in ascending order of this number.";
          };
          requireNetwork = mkOption {
            type = types.bool;
            default = false;
            description = "Whether the job waits for the network.";
          };
        };
      });
    };
  };
}
