{...}: {
  qgroget.server.domain = "example.org";
}
