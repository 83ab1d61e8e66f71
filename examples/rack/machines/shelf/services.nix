# What the shelf runs
{
  homelab.run = {
    gitea.enable = true;
    miniflux.enable = true;
    # paperless is on its way out
    paperless.enable = false;
  };
}
