{lib, ...}: {
  boot.initrd.availableKernelModules = ["nvme" "thunderbolt" "xhci_pci"];
  fileSystems = {
    "/" = {
      device = "/dev/disk/by-label/desk";
      fsType = "ext4";
    };
    "/boot" = {
      device = "/dev/disk/by-label/BOOT";
      fsType = "vfat";
    };
  };
  nixpkgs.hostPlatform = lib.mkDefault "x86_64-linux";
}
