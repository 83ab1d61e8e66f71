# Backends: every route has one, and the urls that name them.
{
  lib,
  case,
  firstLines,
  service,
  exposed,
  failures,
  mixedHost,
  throws,
  schema,
  ...
}: let
  legacyFailures = legacy: services: (mixedHost legacy services).qgroget.collector.failures;
  missing = ["Service 'jellyfin' is missing required field 'port': the port it listens on, which a route needs (or give a url)\n  Fix: qgroget.serviceModules.jellyfin.port = 8080;"];
  routed = fields: service ({exposed = true;} // fields);
  to = url: routed {inherit url;};
  # Two services, one of which is at port 2283 of this machine: whether the url leads there.
  meets = url:
    failures {
      a = exposed 2283 {};
      b = to url;
    };
in [
  (case "routes: exposed with a url of null" (failures {jellyfin = to null;}) missing)
  (case "routes: exposed with a url forced to null" (failures {jellyfin = to (lib.mkForce null);}) missing)
  (case "routes: exposed with both forced to null" (failures {
      jellyfin = routed {
        url = lib.mkForce null;
        port = lib.mkForce null;
      };
    })
    missing)
  (case "routes: exposed with neither" (failures {jellyfin = routed {};}) missing)
  (case "routes: a url of null fails when it is read" (throws (schema {jellyfin = to null;}).jellyfin.url) true)
  (case "routes: a url of null is the port's" (schema {jellyfin = exposed 8096 {url = null;};}).jellyfin.url "http://127.0.0.1:8096")
  (case "routes: a wrong port is one fault, with a url that follows from it" (firstLines (failures {jellyfin = exposed "x" {};}))
    [''Service 'jellyfin' has a wrong value in field 'port': expected null or 16 bit unsigned integer; between 0 and 65535 (both inclusive), got "x"''])

  (case "routes: urls that lead to a port of this machine" (map (url: firstLines (meets url)) [
    "http://127.0.0.1:2283"
    "HTTP://LocalHost:2283/x"
    "https://user:secret@localhost:02283"
    "h2c://127.1.2.3:2283?x"
    "http://0.0.0.0:2283"
    "http://[::1]:2283"
    "http://[::]:2283"
    "http://[0:0:0:0:0:0:0:1]:2283"
    "http://[0000::0001]:2283"
    "http://[::FFFF:127.0.0.1]:2283"
    "http://[::ffff:7f00:1]:2283"
    "http://[::1%25lo]:2283"
    "http://app.localhost:2283"
  ]) (lib.genList (_: ["Port 2283 conflict between 'a' and 'b'"]) 13))
  (case "routes: this machine by each of its names" (lib.filter (host: meets "http://${host}:2283" == []) [
    "localhost."
    "a.localhost."
    "ip6-localhost"
    "ip6-loopback"
    "127.1"
    "127.10.20.30"
    "0"
    "0.0"
    "[0000:0:0:0:0:0:0:0]"
    "[::00]"
    "[0000:0::0001]"
    "[::ffff:127.10.0.1]"
    "[0:0:0:0:0:ffff:127.0.0.1]"
    "[::ffff:0.0.0.0]"
    "[::ffff:7fab:12ab]"
    "[::ffff:0:0]"
    "[::ffff:0000:0000]"
  ]) [])
  (case "routes: what only looks like one" (lib.filter (host: meets "http://${host}:2283" != []) [
    "xlocalhost"
    "localhostx"
    "127a1"
    "0a0"
    "[1::]"
    "[::ffff:127a0.0.1]"
    "[::ffff:0a0.0.0]"
    "[::ffff:0.0a0.0]"
    "[::ffff:0.0.0a0]"
    "[::ffff:0:1]"
  ]) [])
  (case "routes: urls that lead elsewhere, or to another port" (map (url: lib.length (meets url)) [
    "http://127.0.0.1:2284"
    "http://127.0.0.1"
    "http://nas:2283"
    "http://localhost.example.org:2283"
    "http://[fd00::1]:2283"
    "http://[::2]:2283"
    "http://1127.0.0.1:2283"
    "http://nas:80/http://127.0.0.1:2283"
    "udp://127.0.0.1"
  ]) (lib.genList (_: 0) 9))
  (case "routes: a port that is not written is the scheme's" (lib.concatMap (url:
    firstLines (failures {
      a = exposed 80 {};
      b = exposed 443 {};
      c = to url;
    })) ["http://localhost" "https://localhost:/x" "h2c://[::1]" "gopher://localhost"]) [
    "Port 80 conflict between 'a' and 'c'"
    "Port 443 conflict between 'b' and 'c'"
    "Port 80 conflict between 'a' and 'c'"
  ])
  (case "routes: the proposed url keeps all but the port" (map (message: lib.last (lib.splitString "\n" message)) (lib.concatMap (url:
    failures {
      a = exposed 80 {};
      b = to url;
    }) ["HTTP://u:p@LocalHost/a:80" "http://[0::1]:0080?b"])) [
    "  Fix: qgroget.serviceModules.b.url = \"HTTP://u:p@LocalHost:81/a:80\";"
    "  Fix: qgroget.serviceModules.b.url = \"http://[0::1]:81?b\";"
  ])
  (case "routes: what is no url" (lib.concatMap (url: failures {jellyfin = to url;}) ["127.0.0.1:8096" "http://" "http://a:x" "http://a:65536" "http://a:0" "http://a:99999999999999999999" "http://a b" ""])
    (map (url: ''Service 'jellyfin' has a wrong value in field 'url': expected a URL with a scheme and a host, got "${url}"${"\n"}  Fix: qgroget.serviceModules.jellyfin.url = "http://[::1]:2283";'')
      ["127.0.0.1:8096" "http://" "http://a:x" "http://a:65536" "http://a:0" "http://a:99999999999999999999" "http://a b" ""]))
  (case "routes: a service with a url that is none has its port all the same" (firstLines (failures {
    a = exposed 8080 {};
    b = exposed 8080 {url = "x";};
  })) [''Service 'b' has a wrong value in field 'url': expected a URL with a scheme and a host, got "x"'' "Port 8080 conflict between 'a' and 'b'"])
  (case "routes: where no port is known there is no clash" (failures {
    a = to "gopher://localhost";
    b = to "gopher://localhost";
    c = exposed 1 {url = "gopher://localhost";};
    d = exposed 2 {url = "gopher://localhost";};
  }) [])
  (case "routes: the port of a backend elsewhere claims nothing here" (failures {
    a = exposed 8080 {};
    b = exposed 8080 {url = "http://nas:8080";};
  }) [])
  (case "routes: legacy urls of any form stop nothing" (legacyFailures {
      x.url = "";
      y.url = "nothing";
      z.url = "http://localhost:99999";
    } {
      a = exposed 8080 {};
    }) [])
]
