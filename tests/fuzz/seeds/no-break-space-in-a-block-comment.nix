{config, lib, ...}: assert true; {
  
  # of nothing
  
  config = lib.mkMerge [
  /* block
     of two */
  {    qgroget.services."gamma-2" = lib.mkIf true {
      /*  block
         of two */
      persistedData

= /**/ [

"/var/lib/alpha"  "/var/lib/alpha" /* between */ "/var/lib/alpha" /* between */ ];
       journalctl /* between */ = true;
};
  }
  ];
}
