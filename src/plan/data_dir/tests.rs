use super::*;
use crate::plan::model::Choices;
use crate::repo::{Repository, hosts};

const MODULE: &str = "modules/server/media/sync/default.nix";

/// What the plan finds for the service `sync` of a module with `body`: its directory, or why it is left.
fn found(body: &str, said: Option<&str>) -> std::result::Result<String, String> {
    found_in(
        &format!("{{config, lib, ...}}: let cfg = config.qgroget.server.sync; in {{{body}}}"),
        said,
    )
}

/// The same of a whole module.
fn found_in(module: &str, said: Option<&str>) -> std::result::Result<String, String> {
    let directory = tempfile::tempdir().expect("a directory");
    for (path, text) in [
        (
            "hosts/Server/default.nix",
            "{...}: {imports = [./settings.nix ../../modules/server];}",
        ),
        ("hosts/Server/settings.nix", "{...}: {}"),
        ("modules/server/default.nix", "{...}: {imports = [./media/sync];}"),
        (MODULE, module),
    ] {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("made");
        std::fs::write(path, text).expect("written");
    }
    let repo = Repository::read(directory.path()).expect("read");
    let host = hosts::find(&repo, None).expect("a host");
    let model = hosts::model(&repo, &host);
    let mut choices = Choices::default();
    choices
        .data_dirs
        .extend(said.map(|said| ("sync".to_owned(), said.to_owned())));
    let context = Context {
        repo: &repo,
        model: &model,
        host: &host,
        choices: &choices,
    };
    let facts = ServiceFacts::collect(&context, "sync").unwrap_or_else(|error| panic!("{module}: {error}"));
    let text = text(&context, &facts, Path::new(MODULE)).map_err(|error| {
        let offered = super::choices(&context, "sync").expect("a service");
        format!("{}: {}", error.code(), offered.join(" or "))
    })?;
    match left(&context, &facts) {
        Some(left) => {
            assert_eq!(text, "null", "{module}");
            Err(left.why)
        }
        None => Ok(text),
    }
}

/// The service's declaration with `rest` beside it.
fn with(rest: &str) -> String {
    format!(
        "qgroget.services.sync = {{name = \"sync\"; url = \"http://127.0.0.1:1\"; unitName = \"syncthing.service\";}}; {rest}"
    )
}

#[track_caller]
fn is(rest: &str, expected: &str) {
    assert_eq!(found(&with(rest), None).as_deref(), Ok(expected), "{rest}");
}

#[track_caller]
fn is_left(rest: &str, why: &str) {
    let left = found(&with(rest), None).expect_err(rest);
    assert!(left.contains(why), "{rest}: {left}");
}

#[test]
fn the_option_of_the_module_that_runs_the_service_says_it() {
    is(
        "services.syncthing = {enable = true; dataDir = \"/mnt/s\";};",
        "\"/mnt/s\"",
    );
    is("services.syncthing = {enable = true; dataDir = cfg.dir;};", "cfg.dir");
    is(
        "services.syncthing.enable = true; services.syncthing.dataDir = lib.mkForce cfg.dir;",
        "cfg.dir",
    );
    // What runs beside it is not the service.
    is(
        "services.syncthing.enable = true; services.caddy = {enable = true; dataDir = \"/c\";};",
        "\"/var/lib/syncthing\"",
    );
}

#[test]
fn the_first_option_that_is_set_counts() {
    let nextcloud = |rest: &str| {
        let body = with(&format!("services.nextcloud = {{enable = true; {rest}}};"));
        found(&body.replace("syncthing.service", "phpfpm-nextcloud.service"), None)
    };
    assert_eq!(nextcloud("").as_deref(), Ok("\"/var/lib/nextcloud\""));
    assert_eq!(nextcloud("home = \"/h\";").as_deref(), Ok("\"/h\""));
    assert_eq!(nextcloud("home = \"/h\"; datadir = \"/d\";").as_deref(), Ok("\"/d\""));
}

#[test]
fn a_relative_directory_is_below_the_one_for_all_state() {
    let books = |rest: &str| {
        let body = with(&format!("services.audiobookshelf = {{enable = true; {rest}}};"));
        found(&body.replace("syncthing", "audiobookshelf"), None)
    };
    assert_eq!(books("dataDir = \"books\";").as_deref(), Ok("\"/var/lib/books\""));
    assert_eq!(books("").as_deref(), Ok("\"/var/lib/audiobookshelf\""));
}

#[test]
fn the_known_default_is_the_real_directory() {
    is("services.syncthing.enable = true;", "\"/var/lib/syncthing\"");
    let of = |option: &str, unit: &str| {
        let body = with(&format!("services.{option}.enable = true;"));
        found(&body.replace("syncthing.service", unit), None)
    };
    assert_eq!(
        of("adguardhome", "adguardhome").as_deref(),
        Ok("\"/var/lib/private/AdGuardHome\"")
    );
    assert_eq!(
        of("authelia.instances.main", "authelia-main").as_deref(),
        Ok("\"/var/lib/authelia-main\"")
    );
    assert_eq!(of("glances", "glances").as_deref(), Ok("null"));
}

#[test]
fn what_is_declared_comes_before_what_is_implied() {
    is(
        "qgroget.backups.sync.paths = [\"/srv/sync\"]; services.syncthing.enable = true;",
        "\"/srv/sync\"",
    );
    is(
        "virtualisation.oci-containers.containers.sync.volumes = [\"/srv/sync/data:/data\" \"/media:/media\"];",
        "\"/srv/sync\"",
    );
}

#[test]
fn what_is_not_known_is_left_with_a_reason() {
    is("", "null");
    is("services.syncthing.enable = false;", "null");
    is_left("services.unheard-of.enable = true;", "services.unheard-of on");
    is_left("services.caddy.enable = true;", "services.caddy on");
    // Its directory is another one by the release that the machine began with.
    is_left("services.vaultwarden.enable = true;", "services.vaultwarden on");
    is_left(
        "services.syncthing = {enable = true; inherit (cfg) dataDir;};",
        "services.syncthing.dataDir says it",
    );
    is_left(
        "services.syncthing = let d = \"/x\"; in {enable = true; dataDir = \"${d}/${cfg.a}\";};",
        "a name that the contract cannot see",
    );
    is_left(
        "virtualisation.oci-containers.containers.sync.volumes = [\"/srv/files:/data\"];",
        "write to /srv/files",
    );
    for volume in ["/srv/files:/data:ro", "/run/x.sock:/x", "${cfg.file}:/x", "named:/x"] {
        is(
            &format!("virtualisation.oci-containers.containers.sync.volumes = [\"{volume}\"];"),
            "null",
        );
    }
}

#[test]
fn a_name_that_the_contract_does_not_see_is_no_directory() {
    // The same name means another directory around the body, or nothing.
    // A `let` goes before a `with` that stands inside of it.
    for (outer, with_that) in [("k = \"/srv/outer\";", "k"), ("", "\"/srv/inner\"")] {
        for (list, expected) in [
            ("let k = \"/srv/inner\"; in [k]", "\"/srv/inner\""),
            ("let k = \"/srv/inner\"; in [\"${k}\"]", "\"/srv/inner\""),
            ("with {k = \"/srv/inner\";}; [k]", with_that),
            ("let k = cfg.b; in [\"${k}/c\"]", "unmovable"),
        ] {
            let body = format!("qgroget.backups.sync.paths = {list};");
            let module = format!(
                "{{config, lib, ...}}: let cfg = config.qgroget.server.sync; {outer} in {{{}}}",
                with(&body)
            );
            let text = found_in(&module, None).unwrap_or_else(|why| why);
            assert!(text.starts_with(expected), "{module}: {text}");
        }
    }
}

#[test]
fn several_directories_are_asked_about() {
    let several = "qgroget.backups.sync.paths = [\"/srv/a\" \"${cfg.b}/c\"];";
    let offered = found(&with(several), None).expect_err("ambiguous");
    assert_eq!(offered, "ambiguous-data-dir: /srv/a or \"${cfg.b}/c\"");
    let set = "services.syncthing = {enable = true; dataDir = \"/a\";}; \
               virtualisation.oci-containers.containers.x.volumes = [\"/b/sync:/x\"];";
    let offered = found(&with(set), None).expect_err("ambiguous");
    assert_eq!(offered, "ambiguous-data-dir: /a or /b/sync");
}

#[test]
fn what_a_person_says_is_source_or_a_path() {
    let several = with("qgroget.backups.sync.paths = [\"/srv/a\" \"${cfg.b}/c\"];");
    for (said, expected) in [
        ("/srv/a", "\"/srv/a\""),
        ("/x/y", "\"/x/y\""),
        ("null", "null"),
        ("\"${cfg.b}/c\"", "\"${cfg.b}/c\""),
        ("\"${config.a.b}/d\"", "\"${config.a.b}/d\""),
        ("cfg.b", "cfg.b"),
    ] {
        assert_eq!(found(&several, Some(said)).as_deref(), Ok(expected), "{said}");
    }
    let unseen = found(&several, Some("other.b")).expect_err("no name");
    assert!(unseen.starts_with("unmovable"), "{unseen}");
}
