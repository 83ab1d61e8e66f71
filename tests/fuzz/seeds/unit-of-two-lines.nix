{
  config = {
    
    qgroget.services.gamma-2

= rec {
      url = "http://127.0.0.1:8080";
      
      # of nothing
      
      name
# above
  = ''x} ''\n\n '''''; /* behind */
      unitName

= /* between */ "two
  lines \" \${x} $${y}";
};
  };
}
