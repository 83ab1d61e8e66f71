# The root is a tmpfs: what nobody lists is gone after a reboot.
{
  fileSystems."/".fsType = "tmpfs";

  preservation = {
    enable = true;
    preserveAt."/persist" = {
      directories = [
        "/var/lib/nixos"
        # calendars and contacts of everybody
        {
          directory = "/var/lib/radicale";
          user = "radicale";
          group = "radicale";
          mode = "0750";
        }
        "/var/log"
      ];
      files = ["/etc/machine-id"];
    };
  };
}
