{...}: {
  environment.persistence."/persist".directories = [
    "/var/lib/nixos"
    # moisture, hour by hour
    "/var/cache/garden"
    "/var/log"
  ];
}
