use super::*;
use crate::plan::model::Choices;
use crate::repo::Repository;

const FLAKE: &str = "{outputs = inputs: let pkgs = 1; in {checks.x86_64-linux = {x = 1;};};}";
const MODULE: &str = "modules/server/media/x/default.nix";

/// A repository with the service `x` and these files besides.
fn repository(module: &str, others: &[(&str, &str)]) -> (tempfile::TempDir, Repository) {
    let directory = tempfile::tempdir().expect("a directory");
    let mut imports = vec!["./media/x".to_owned()];
    let below = others
        .iter()
        .filter_map(|(path, _)| path.strip_prefix("modules/server/"));
    imports.extend(below.map(|path| format!("./{path}")));
    let all = format!("{{...}}: {{imports = [{}];}}", imports.join(" "));
    let mut files = vec![
        ("flake.nix", FLAKE),
        (
            "hosts/Server/default.nix",
            "{...}: {imports = [./settings.nix ../../modules/server];}",
        ),
        ("modules/server/default.nix", &all),
        (MODULE, module),
    ];
    files.extend(others.iter().copied());
    for (path, text) in files {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("made");
        std::fs::write(path, text).expect("written");
    }
    let repo = Repository::read(directory.path()).expect("read");
    (directory, repo)
}

/// What is planned for it: the test's text, or what is skipped.
fn planned(
    module: &str,
    others: &[(&str, &str)],
    choices: &Choices,
) -> Result<(String, Vec<Skipped>, bool), Box<Skipped>> {
    let (_directory, repo) = repository(module, others);
    let host = hosts::find(&repo, None).expect("a host");
    let model = hosts::model(&repo, &host);
    let context = Context {
        repo: &repo,
        model: &model,
        host: &host,
        choices,
    };
    let test = NewTest::plan(&context, "x", Path::new(MODULE), &SourceChange::default())?;
    Ok((test.text(&context, Path::new(MODULE)), test.skipped(), test.has_check()))
}

fn units(module: &str) -> String {
    let (text, ..) = planned(module, &[], &Choices::default()).unwrap_or_else(|none| panic!("{}", none.why));
    let line = text.lines().find(|line| line.trim_start().starts_with("units = "));
    line.expect("units").trim().to_owned()
}

#[test]
fn units_are_what_the_module_runs() {
    for (module, expected) in [
        (
            "virtualisation.quadlet.containers.\"${\"a\"}\".image = \"i\";",
            "a.service",
        ),
        ("virtualisation.oci-containers.containers.a = {};", "podman-a.service"),
        (
            "virtualisation.oci-containers = {backend = \"docker\"; containers.a = {};};",
            "docker-a.service",
        ),
        ("services.nextcloud.enable = true;", "phpfpm-nextcloud.service"),
        (
            "services.authelia.instances.main.enable = true;",
            "authelia-main.service",
        ),
        ("systemd.services.x.serviceConfig.User = \"x\";", "x.service"),
        ("systemd.services.worker.script = \"y\";", "worker.service"),
        ("qgroget.serviceModules.x.unitName = \"y\";", "y.service"),
        (
            "qgroget.serviceModules.x.backupUnits = [\"y-pod.service\"];",
            "y-pod.service",
        ),
    ] {
        let module = format!("{{config, ...}}: {{{module}}}");
        assert_eq!(units(&module), format!("units = [\"{expected}\"];"), "{module}");
    }
}

#[test]
fn the_unit_with_the_services_name_comes_first() {
    let module = "{...}: {virtualisation.quadlet.containers = {a-db = {}; x = {};};}";
    assert_eq!(units(module), "units = [\"x.service\" \"a-db.service\"];");
}

#[test]
fn without_a_unit_there_is_no_test_and_the_plan_says_why() {
    let why = |module: &str| {
        planned(module, &[], &Choices::default())
            .map(drop)
            .expect_err("no unit")
    };
    let none = why("{...}: {qgroget.serviceModules.x.port = 1;}");
    assert_eq!(none.what, "a virtual machine test of x");
    assert!(none.why.starts_with("its module names no unit"), "{}", none.why);
    let next = none.next.clone().expect("a way");
    assert_eq!(
        next,
        "write tests/x/default.nix with `units` for tests/lib/service-test.nix"
    );
    let unknown = why(
        "{...}: {services.unheard-of.enable = true; systemd.services.y = {script = \"\"; serviceConfig.Type = \"oneshot\";};}",
    );
    assert!(unknown.why.contains("services.unheard-of"), "{}", unknown.why);
    assert!(unknown.next.expect("a way").contains("[upstream.unheard-of]"));
    let off = why("{...}: {services.jellyfin.enable = false;}");
    assert!(off.why.starts_with("its module names no unit"), "{}", off.why);
}

#[test]
fn the_machine_has_what_the_module_reads_and_no_more() {
    let module = "{config, hostname, ...}: let inherit (config.virtualisation.quadlet) pods; in {
      virtualisation.quadlet.containers.x.containerConfig = {
        pod = pods.shared.ref;
        image = \"lscr.io/x/x:1.2@sha256:0\";
        user = toString config.users.groups.media.gid;
        dir = config.qgroget.server.containerDir;
        net = config.qgroget.server.network;
      };
    }";
    let options = "{lib, ...}: {options.qgroget.server = {containerDir = lib.mkOption {default = \"/c\";}; network = lib.mkOption {};};}";
    let others = [
        (
            "modules/server/pods.nix",
            "{...}: {virtualisation.quadlet.pods.shared = {};}",
        ),
        ("modules/server/paths.nix", options),
        ("modules/server/other.nix", "{...}: {services.traefik.enable = true;}"),
        (
            "hosts/Server/settings.nix",
            "{...}: {qgroget.server.network = \"n\"; users.groups.media.gid = 7;}",
        ),
    ];
    let (text, ..) = planned(module, &others, &Choices::default()).unwrap_or_else(|none| panic!("{}", none.why));
    assert!(text.lines().count() <= MOST_LINES, "{text}");
    crate::testing::snapshot!("vmtest_machine", text);
}

#[test]
fn what_runs_containers_is_the_hosts_choice() {
    let module = "{...}: {virtualisation.oci-containers.containers.x = {};}";
    let others = [(
        "hosts/Server/settings.nix",
        "{...}: {virtualisation.oci-containers.backend = \"docker\";}",
    )];
    let (text, ..) = planned(module, &others, &Choices::default()).unwrap_or_else(|none| panic!("{}", none.why));
    assert!(text.contains("units = [\"docker-x.service\"];"), "{text}");
    assert!(
        text.contains("settings.virtualisation.oci-containers.backend = \"docker\";"),
        "{text}"
    );
}

#[test]
fn a_module_that_brings_its_own_proxy_gets_no_second_one() {
    let module = "{...}: {services.traefik.enable = true;}";
    let (text, ..) = planned(module, &[], &Choices::default()).unwrap_or_else(|none| panic!("{}", none.why));
    assert!(text.contains("proxy = false;"), "{text}");
}

#[test]
fn a_check_is_registered_once_it_is_shown_to_evaluate() {
    let module = "{...}: {systemd.services.x.script = \"y\";}";
    let of = |resolution: Option<Resolution>, module: &str| {
        let tests = resolution
            .map(|resolution| ("x".to_owned(), resolution))
            .into_iter()
            .collect();
        let choices = Choices {
            tests,
            ..Choices::default()
        };
        let (_, skipped, registered) = planned(module, &[], &choices).unwrap_or_else(|none| panic!("{}", none.why));
        assert_eq!(skipped.is_empty(), registered);
        skipped.into_iter().next()
    };
    assert!(of(Some(Resolution::Resolves), module).is_none());
    let unshown = of(None, module).expect("not registered");
    assert!(unshown.why.contains("was not evaluated"), "{}", unshown.why);
    let next = unshown.next.expect("the line");
    assert!(next.ends_with("x = import ./tests/x {inherit pkgs inputs;};"), "{next}");
    let failing = of(Some(Resolution::Fails("no option".to_owned())), module).expect("not registered");
    assert!(failing.why.ends_with("no option"), "{}", failing.why);
    let argument = of(None, "{secretSauce, ...}: {systemd.services.x.script = secretSauce;}").expect("not registered");
    assert!(argument.why.contains("'secretSauce'"), "{}", argument.why);
}

#[test]
fn checks_have_regular_names() {
    for (service, check) in [
        ("radarr-anime", "radarr-anime"),
        ("bitwarden_rs", "bitwarden-rs"),
        ("fileServer", "file-server"),
        ("SSO", "sso"),
        ("my.site", "my-site"),
    ] {
        assert_eq!(check_name(service), check);
    }
}
