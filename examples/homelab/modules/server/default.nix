{...}: {
  imports = [
    ./options.nix
    ./settings.nix
    ./traefik
    ./backup
    ./SSO
    ./dns
    ./dashboard
    # ./security
    ./password-manager
    ./media
    ./arrs
    ./downloaders
    ./misc
    # ./homeAssistant
  ];
}
