# refused: ambiguous-data-dir at 3:3
{...}: {
  qgroget.services.letters = {
    name = "letters";
    url = "http://127.0.0.1:9200";
    persistedData = ["/srv/inbox" "/srv/outbox"];
  };
}
