# Stories 2.4 and 3.2: a database that is created can be connected to as it stands, and is used by one service.
{
  lib,
  case,
  service,
  host,
  hostWith,
  hostOf,
  ...
}: let
  database = fields: service {databases = [fields];};
  immich = fields: {immich = database ({name = "immich";} // fields);};
  withServer = settings: (hostWith [{services.postgresql = settings;}]);
  failures = settings: services: (withServer settings services).qgroget.collector.failures;
  fix = service: entry: "\n  Fix: qgroget.serviceModules.${service}.databases = [ ${entry} ];";
  connection = settings: fields: let
    inherit ((withServer settings (immich fields)).qgroget.serviceModules.immich) databaseConfig;
  in {inherit (databaseConfig) host port;};

  # services.postgresql as releases of NixOS declare it, each with what its users can have.
  release = userOptions: {
    options = {
      services.postgresql = {
        enable = option lib.types.bool false;
        ensureDatabases = option (lib.types.listOf lib.types.str) [];
        ensureUsers = option (lib.types.listOf (lib.types.submodule {options = {name = option lib.types.str "";} // userOptions;})) [];
      };
      systemd.services = option (lib.types.attrsOf lib.types.anything) {};
    };
  };
  option = type: default: lib.mkOption {inherit type default;};
  permissions.ensurePermissions = option (lib.types.attrsOf lib.types.str) {};
  ownership.ensureDBOwnership = option lib.types.bool false;
  users = userOptions: services: (hostOf [(release userOptions)] services).services.postgresql.ensureUsers;
  unit = services: (hostOf [(release ownership)] services).systemd.services.contract-databases or null;
  # The unit, where there is to be one.
  made = services:
    if unit services != null
    then unit services
    else {
      script = "none";
      after = [];
      before = [];
      serviceConfig = {
        LoadCredential = [];
        User = "";
      };
    };
  script = services: lib.splitString "\n" (made services).script;
  photos = immich {user = "photos";};
  tcp = {
    host = "127.0.0.1";
    passwordFile = "/run/secrets/server/immich/database-password";
  };
in [
  (case "2.4: a service reaches its database by the socket" (connection {} {}) {
    host = "/run/postgresql";
    port = 5432;
  })
  (case "2.4: on the port that PostgreSQL has" (connection {settings.port = 5433;} {}) {
    host = "/run/postgresql";
    port = 5433;
  })
  (case "2.4: which has had another name" (connection {port = 5434;} {}).port 5434)
  (case "2.4: what is no number is no port of it" (connection {settings.port = "5433";} {}).port 5432)
  (case "2.4: a database elsewhere has nothing of it" (connection {settings.port = 5433;} {provision = false;}) {
    host = "127.0.0.1";
    port = 5432;
  })

  (case "2.4: since NixOS 23.11 a user owns the database of the same name" (users (ownership // permissions) (immich {})) [
    {
      name = "immich";
      ensureDBOwnership = true;
      ensurePermissions = {};
    }
  ])
  (case "2.4: before, it had all privileges" (users permissions (immich {})) [
    {
      name = "immich";
      ensurePermissions."DATABASE \"immich\"" = "ALL PRIVILEGES";
    }
  ])
  (case "2.4: a user of several databases is made once" (users permissions {
      immich = service {
        databases = [
          {name = "immich";}
          {
            name = "faces";
            user = "immich";
          }
        ];
      };
    }) [
      {
        name = "immich";
        ensurePermissions = {
          "DATABASE \"immich\"" = "ALL PRIVILEGES";
          "DATABASE \"faces\"" = "ALL PRIVILEGES";
        };
      }
    ])
  (case "2.4: and every user its own alone" (map (kind:
    users kind {
      immich = database {name = "immich";};
      wiki = service {
        databases = [
          {
            name = "pages";
            user = "wiki";
          }
        ];
      };
    }) [permissions ownership]) [
    [
      {
        name = "immich";
        ensurePermissions."DATABASE \"immich\"" = "ALL PRIVILEGES";
      }
      {
        name = "wiki";
        ensurePermissions."DATABASE \"pages\"" = "ALL PRIVILEGES";
      }
    ]
    [
      {
        name = "immich";
        ensureDBOwnership = true;
      }
      {
        name = "wiki";
        ensureDBOwnership = false;
      }
    ]
  ])
  (case "2.4: an owner of another name is made, and no fault" [(users ownership photos) (failures {} photos)] [
    [
      {
        name = "photos";
        ensureDBOwnership = false;
      }
    ]
    []
  ])
  (case "2.4: and gets the database" (script photos) [
    "psql --no-psqlrc --set=ON_ERROR_STOP=1 --port=5432 --dbname=postgres <<'END'"
    ''ALTER DATABASE "immich" OWNER TO "photos";''
    "END"
  ])
  (case "2.4: a name is quoted" (script (immich {user = "a\"b";})) [
    "psql --no-psqlrc --set=ON_ERROR_STOP=1 --port=5432 --dbname=postgres <<'END'"
    ''ALTER DATABASE "immich" OWNER TO "a""b";''
    "END"
  ])
  (case "2.4: where nothing has to be changed there is no unit" (unit (immich {})) null)
  (case "2.4: a password is set from its file, which only the unit reads" (let
    inherit ((made (immich tcp)).serviceConfig) LoadCredential User;
  in [(script (immich tcp)) LoadCredential User]) [
    [
      "psql --no-psqlrc --set=ON_ERROR_STOP=1 --port=5432 --dbname=postgres <<'END'"
      "\\set password `cat \"$CREDENTIALS_DIRECTORY/password-0\"`"
      ''ALTER ROLE "immich" WITH PASSWORD :'password';''
      "END"
    ]
    ["password-0:/run/secrets/server/immich/database-password"]
    "postgres"
  ])
  (case "2.4: the unit runs between the server and the services" (let
    both = made {
      immich = service {
        unitName = "immich.service";
        databases = [({name = "immich";} // tcp)];
      };
      wiki = database {name = "wiki";};
    };
  in [both.after both.before]) [["postgresql.service" "postgresql-setup.service"] ["immich.service"]])
  (case "2.4: it runs once, with PostgreSQL's programs" (let
    services.immich = service {
      unitName = "immich.service";
      databases = [
        ({name = "immich";} // tcp)
        ({name = "faces";} // tcp)
      ];
    };
    package.options.services.postgresql.package = option lib.types.str "postgresql-16";
    whole = (hostOf [(release ownership) package] services).systemd.services.contract-databases or (made {});
  in [
    (removeAttrs whole ["script" "serviceConfig" "after"])
    (whole.serviceConfig.Type or null)
    ((made services).path or null)
  ]) [
    {
      description = "Owners and passwords of the services' databases";
      wantedBy = ["multi-user.target"];
      requires = ["postgresql.service"];
      before = ["immich.service"];
      path = ["postgresql-16"];
    }
    "oneshot"
    []
  ])
  (case "2.4: databases of disabled services and of other servers need no unit" (unit {
    a = service {
      enable = false;
      databases = [
        {
          name = "a";
          user = "b";
        }
      ];
    };
    b = database (tcp
      // {
        name = "c";
        user = "d";
        provision = false;
      });
  }) null)

  (case "2.4: by TCP, nobody can log in without a password" (failures {} (immich {host = "localhost";})) [
    "Service 'immich' asks for database 'immich' to be created, and connects by TCP without a password: nobody can log in${fix "immich" ''{ host = "localhost"; name = "immich"; passwordFile = "/run/secrets/server/immich/database-password"; port = 5432; provision = true; type = "postgresql"; user = "immich"; }''}"
  ])
  (case "2.4: with a password, or where PostgreSQL trusts somebody or may do so, that is none" [
    (failures {} (immich tcp))
    (failures {authentication = "host all all 127.0.0.1/32 trust";} (immich {host = "127.0.0.1";}))
    (failures {authentication = throw "x";} (immich {host = "127.0.0.1";}))
    (failures {} (immich {
      host = "127.0.0.1";
      provision = false;
    }))
  ] [[] [] [] []])
  (case "2.4: a database is not created on another machine" (failures {} (immich {host = "db.example.org";})) [
    "Service 'immich' asks for database 'immich' to be created on this machine, but connects to 'db.example.org'${fix "immich" ''{ host = "db.example.org"; name = "immich"; port = 5432; provision = false; type = "postgresql"; user = "immich"; }''}"
  ])
  (case "2.4: the names that a container has for this machine are none of another one"
    (lib.concatMap (host: failures {} (immich (tcp // {inherit host;}))) ["host.containers.internal" "host.docker.internal"]) [])
  (case "2.4: a database is not created on a port where no server listens" (failures {settings.port = 5433;} (immich {port = 5432;})) [
    "Service 'immich' asks for database 'immich' to be created, but connects to port 5432, and PostgreSQL listens on 5433${fix "immich" ''{ host = "/run/postgresql"; name = "immich"; port = 5433; provision = true; type = "postgresql"; user = "immich"; }''}"
  ])

  (case "3.4: faults of another service, which decide whether PostgreSQL is on, are no fault of its databases" (map (message: lib.head (lib.splitString "\n" message)) (failures {} {
    immich = database {name = "immich";};
    jellyfin = service {prot = 8096;};
  })) ["Service 'jellyfin' has unknown field 'prot': did you mean 'port'?"])
  (case "3.2: a name is used once for each server" (failures {} {
    a = database {name = "x";};
    b = database {
      name = "x";
      provision = false;
      port = 5433;
    };
    c = database {
      name = "x";
      provision = false;
      host = "db.example.org";
    };
    d = database {
      name = "x";
      provision = false;
      host = "192.168.0.5";
    };
  }) [])
  (case "3.2: whatever the server is called" (map (message: lib.head (lib.splitString "\n" message)) (failures {} {
      a = database {name = "x";};
      b = database {
        name = "x";
        provision = false;
        host = "localhost";
      };
      c = database {
        name = "y";
        provision = false;
        host = "DB.example.org";
      };
      d = database {
        name = "y";
        provision = false;
        host = "db.example.org";
      };
    })) [
      "Duplicate database name 'y' declared by 'c' and 'd'"
      "Duplicate database name 'x' declared by 'a' and 'b'"
    ])
  (case "3.2: what only looks like one server, or one name of it" (failures {} (let
    other = fields: database ({provision = false;} // fields);
    file = name: {
      inherit name;
      type = "sqlite";
    };
  in {
    a = other {
      name = "x";
      host = "a";
      port = 15432;
    };
    b = other {
      name = "x";
      host = "a1";
      port = 5432;
    };
    c = other {
      name = "x";
      host = "a";
      port = 15433;
    };
    d = other {
      name = "1x";
      port = 5432;
    };
    e = other {
      name = "x";
      port = 54321;
    };
    f = other {
      name = "1x";
      port = 5432;
      type = "mysql";
    };
    g = service {databases = map file ["a.db" "b.db" "/a.db" "/b.db"];};
    ga = service {databases = map file [".db"];};
  })) [])
  (case "3.2: redis by TCP is one server under each name of this machine" (lib.length (failures {} (let
    number = host:
      database {
        name = "0";
        type = "redis";
        inherit host;
      };
  in {
    a = number "localhost";
    b = number "127.0.0.1";
  }))) 1)
  (case "3.2: the line to paste changes the one database, with its user where it has the same name" (failures {} {
    a = database {name = "x";};
    b = service {
      databases = [
        {name = "y";}
        {name = "x";}
      ];
    };
    c = database {
      name = "/f";
      type = "sqlite";
    };
    d = database {
      name = "/f";
      type = "sqlite";
      user = "own";
    };
  }) [
    "Duplicate database name 'x' declared by 'a' and 'b'${fix "b" ''{ host = "/run/postgresql"; name = "y"; port = 5432; provision = true; type = "postgresql"; user = "y"; } { host = "/run/postgresql"; name = "x_b"; port = 5432; provision = true; type = "postgresql"; user = "x_b"; }''}"
    "Duplicate database name '/f' declared by 'c' and 'd'${fix "d" ''{ host = "127.0.0.1"; name = "/f_d"; port = null; provision = false; type = "sqlite"; user = "own"; }''}"
  ])
  (case "3.2: numbers are those of one server of redis" (failures {} (let
    number = fields: database ({type = "redis";} // fields);
  in {
    a = number {name = "10";};
    b = number {name = "10";};
    c = number {
      name = "0";
      port = 6380;
    };
    d = database {
      name = "0";
      type = "mysql";
      port = 6379;
    };
  })) [
    "Duplicate database name '10' declared by 'a' and 'b'${fix "b" ''{ host = "127.0.0.1"; name = "0"; port = 6379; provision = false; type = "redis"; user = "0"; }''}"
  ])
  (case "3.2: a name of redis that is no number, and a number of another kind, get the service's name" (failures {} (let
    two = fields: {
      a = database fields;
      b = database fields;
    };
  in
    two {
      name = "cache";
      type = "redis";
    }
    // lib.mapAttrs' (name: lib.nameValuePair "my-${name}") (two {name = "1";}))) [
    "Duplicate database name '1' declared by 'my-a' and 'my-b'${fix "my-b" ''{ host = "/run/postgresql"; name = "1_my_b"; port = 5432; provision = true; type = "postgresql"; user = "1_my_b"; }''}"
    "Duplicate database name 'cache' declared by 'a' and 'b'${fix "b" ''{ host = "127.0.0.1"; name = "cache_b"; port = 6379; provision = false; type = "redis"; user = "cache_b"; }''}"
  ])
  (case "3.2: databases of sqlite are files" (map (message: lib.head (lib.splitString "\n" message)) (failures {} (let
      file = name:
        database {
          inherit name;
          type = "sqlite";
        };
    in {
      a = file "/var/lib/x/app.db";
      b = file "/var/lib/x//app.db";
      c = file "app.db";
      d = file "app.db";
    }))) ["Duplicate database name '/var/lib/x//app.db' declared by 'a' and 'b'"])
  (case "3.2: those of redis are numbers, and the free one is proposed" (failures {} (let
      number = fields: database ({type = "redis";} // fields);
    in {
      a = number {name = "0";};
      b = number {name = "1";};
      c = number {name = "1";};
      d = number {
        name = "0";
        host = "/run/redis-d/redis.sock";
      };
      e = number {
        name = "0";
        host = "/run/redis-e/redis.sock";
      };
    })) [
      "Duplicate database name '1' declared by 'b' and 'c'${fix "c" ''{ host = "127.0.0.1"; name = "2"; port = 6379; provision = false; type = "redis"; user = "2"; }''}"
    ])
  (case "2.4: what is created has its effect on a host that has all of it" (removeAttrs (host photos).services.postgresql ["enable"]) {
    ensureDatabases = ["immich"];
    ensureUsers = [{name = "photos";}];
  })
]
