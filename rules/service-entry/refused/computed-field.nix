# refused: dynamic-name at 5:5
{...}: {
  qgroget.services.films = {
    url = "http://127.0.0.1:9001";
    ${builtins.substring 0 4 "names"} = "cinema";
  };
}
