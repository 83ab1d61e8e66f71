{lib, ...}: let
  # a dataset that is mounted by NixOS and not by ZFS itself
  dataset = mountpoint: {
    inherit mountpoint;
    type = "zfs_fs";
    options.mountpoint = "legacy";
  };
  member = pool: {
    size = "100%";
    content = {
      type = "zfs";
      inherit pool;
    };
  };
  wholeDisk = device: {
    type = "disk";
    inherit device;
    content = {
      type = "gpt";
      partitions.zfs = member "tank";
    };
  };
in {
  disko.devices = {
    disk = {
      system = {
        type = "disk";
        device = "/dev/disk/by-id/nvme-example-system";
        content = {
          type = "gpt";
          partitions = {
            esp = {
              size = "1G";
              type = "EF00";
              content = {
                type = "filesystem";
                format = "vfat";
                mountpoint = "/boot";
                mountOptions = ["umask=0077"];
              };
            };
            system = member "system";
          };
        };
      };
      left = wholeDisk "/dev/disk/by-id/ata-example-left";
      right = wholeDisk "/dev/disk/by-id/ata-example-right";
    };

    zpool = {
      system = {
        type = "zpool";
        rootFsOptions.compression = "zstd";
        datasets = {
          "volatile/root" =
            dataset "/"
            // {
              postCreateHook = "zfs snapshot system/volatile/root@empty";
            };
          "kept/nix" = dataset "/nix";
          "kept/persist" = dataset "/persist";
        };
      };
      tank = {
        type = "zpool";
        mode = "mirror";
        rootFsOptions.compression = "zstd";
        datasets = {
          "media" = dataset "/tank/media";
          "photos" = dataset "/tank/photos";
        };
      };
    };
  };

  fileSystems = {
    "/nix".neededForBoot = true;
    "/persist".neededForBoot = true;
  };

  # The root dataset starts empty at every boot: what is not listed under
  # environment.persistence is gone.
  boot.initrd.postResumeCommands = lib.mkAfter ''
    zfs rollback -r system/volatile/root@empty
  '';

  environment.persistence = {
    "/persist" = {
      enable = true;
      hideMounts = true;
      directories = [
        "/var/lib/nixos"
        "/var/lib/sops"
        "/var/lib/systemd"
        "/var/log"
        {
          directory = "/root/.ssh";
          mode = "0700";
        }
      ];
      files = [
        "/etc/machine-id"
        "/etc/ssh/ssh_host_ed25519_key"
        "/etc/ssh/ssh_host_ed25519_key.pub"
      ];
    };
  };
}
