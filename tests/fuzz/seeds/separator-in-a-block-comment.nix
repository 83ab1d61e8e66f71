{config, lib, ...}: with lib; let in
{
  config = let x = 1; in {    qgroget = {
    
    services.gamma-2 = {
      /* block
          of two */
      unitName
    = toString cfg.port;
      traefikDynamicConfig.http.middlewares.x	=
# above
  x: -1;
       name	= /* between */ let y = config.services.alpha.port; in y;
};
    
    backups = {
    gamma-2 = {
};
};};
  };
}
