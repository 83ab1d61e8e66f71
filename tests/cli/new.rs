//! `new` and `contract`: services and fields that come after the migration.

use crate::common::person::{End, Person};
use crate::common::{Repo, nix, snapshot};

#[test]
fn a_new_service_passes_check_at_once() {
    let repo = Repo::with_contract();
    let kinds: [&[&str]; 4] = [
        &["paperless", "--port", "8010", "--public", "--database"],
        &["wiki", "--port", "8011", "--kind", "container"],
        &["photo-prism", "--port", "8012", "--kind", "container", "--database"],
        &["worker", "--unexposed"],
    ];
    for (number, arguments) in kinds.iter().enumerate() {
        let arguments = [&["new", "--category", "misc", "--yes"], *arguments].concat();
        let run = repo.run(&arguments).succeeds();
        if number == 0 {
            snapshot!("cli", "new", run);
        }
        let run = repo.run(&["check"]).succeeds().says("nothing wrong");
        if nix::available() {
            run.says("the configuration evaluates");
        }
    }
    assert_eq!(repo.status(), "");
    assert_eq!(repo.log()[0], "feat(server/worker): add service");
    assert!(
        repo.read("modules/server/misc/default.nix").contains("./wiki") && repo.exists("tests/paperless/default.nix")
    );
}

#[test]
fn a_new_service_can_log_in_to_its_database() {
    let repo = Repo::with_contract();
    for kind in ["native", "container"] {
        let name = format!("my-{kind}");
        let arguments = [
            "new",
            &name,
            "--category",
            "misc",
            "--kind",
            kind,
            "--unexposed",
            "--database",
            "--yes",
        ];
        repo.run(&arguments).succeeds();
        let switch = format!("{name}.enable = false;");
        let path = "hosts/Server/settings.nix";
        assert!(repo.read(path).contains(&switch), "{}", repo.read(path));
        repo.replace(path, &switch, &switch.replace("false", "true"));
        repo.commit_all("on");
    }
    if !nix::available() {
        return;
    }
    let config = nix::configuration(&repo.root()).unwrap_or_else(|error| panic!("{error}"));
    let server = &config["services"]["postgresql"];
    let users = serde_json::json!(["my_container", "my_native"]);
    assert_eq!(server["ensureDatabases"], users);
    assert_eq!(server["ensureUsers"][1]["ensureDBOwnership"], true);
    // The user of the machine has the name of the database's, which the socket lets in.
    let unit = &config["systemd"]["services"]["my-native"];
    assert_eq!(unit["environment"]["DATABASE_HOST"], "/run/postgresql");
    assert_eq!(unit["serviceConfig"]["User"], unit["environment"]["DATABASE_USER"]);
    assert_eq!(config["users"]["users"]["my_native"]["isSystemUser"], true);
    // The container has the machine's network, and the password that its user gets.
    let container = &config["virtualisation"]["quadlet"]["containers"]["my-container"]["containerConfig"];
    let file = "/run/secrets/server/my-container/database-password";
    assert_eq!(container["networks"][0], "host");
    assert_eq!(container["environments"]["DATABASE_HOST"], "127.0.0.1");
    assert_eq!(
        container["volumes"][1],
        format!(
            "{file}:{}:ro",
            container["environments"]["DATABASE_PASSWORD_FILE"].as_str().unwrap()
        )
    );
    let passwords = &config["systemd"]["services"]["contract-databases"];
    assert_eq!(
        passwords["serviceConfig"]["LoadCredential"][0],
        format!("password-0:{file}")
    );
    assert_eq!(passwords["before"][0], "my-container.service");
    assert!(
        passwords["script"]
            .as_str()
            .is_some_and(|script| script.contains("ALTER ROLE \"my_container\" WITH PASSWORD"))
    );
    assert!(config["sops"]["secrets"]["server/my-container/database-password"].is_object());
}

#[test]
fn a_name_or_port_that_is_taken_is_refused() {
    let repo = Repo::with_contract();
    let before = repo.tree();
    let taken = ["new", "jellyfin", "--category", "misc", "--port", "8010", "--yes"];
    repo.run(&taken).ends(1).says("jellyfin");
    let port = ["new", "paperless", "--category", "misc", "--port", "8096", "--yes"];
    repo.run(&port).ends(1).says("8096");
    repo.replace(
        "hosts/Server/settings.nix",
        "{lib, ...}: {",
        "{lib, ...}: {\n  services.openssh = {enable = true; ports = [8022];};",
    );
    let port = ["new", "paperless", "--category", "misc", "--port", "8022", "--yes"];
    repo.run(&port).ends(1).says("'services.openssh'");
    repo.git(&["checkout", "--quiet", "."]);
    let host = [
        "new",
        "paperless",
        "--category",
        "misc",
        "--port",
        "8010",
        "--subdomain",
        "jellyfin",
        "--yes",
    ];
    repo.run(&host)
        .ends(1)
        .says("[host-in-use]")
        .says("'jellyfin' has the host 'jellyfin.");
    let form = [
        "new",
        "paperless",
        "--category",
        "misc",
        "--port",
        "8010",
        "--subdomain",
        "a.",
        "--yes",
    ];
    repo.run(&form).ends(2).says("[bad-subdomain]");
    assert!(repo.tree() == before);
}

#[test]
fn a_field_is_added_renamed_and_removed_in_schema_and_services() {
    let repo = Repo::all_migrated(&["jellyfin", "portfolio"]);
    let before = repo.tree();
    let services = [
        "modules/server/media/jellyfin/default.nix",
        "modules/server/media/portfolio/default.nix",
    ];
    let add = [
        "contract",
        "add",
        "homepage",
        "--type",
        "str",
        "--required",
        "--description",
        "Where its users start.",
        "--value",
        "\"/\"",
        "--service",
        "jellyfin=\"/web\"",
        "--yes",
    ];
    repo.run(&add).succeeds();
    assert!(
        repo.read(services[0]).contains("homepage = \"/web\";") && repo.read(services[1]).contains("homepage = \"/\";")
    );
    repo.run(&["check", "--no-eval"]).succeeds().says("nothing wrong");
    repo.run(&["contract", "rename", "homepage", "landing", "--yes"])
        .succeeds();
    assert!(repo.read(services[1]).contains("landing = \"/\";"));
    repo.replace(services[1], "landing = \"/\";", "");
    repo.run(&["check", "--no-eval"])
        .ends(1)
        .says("Service 'portfolio' is missing required field 'landing'");
    repo.git(&["checkout", "--quiet", "."]);
    repo.run(&["contract", "remove", "landing", "--yes"]).succeeds();
    assert!(repo.tree() == before, "what was added is gone without a trace");
    assert_eq!(repo.log().len(), 7);
}

/// A person who says what cannot be is asked again at once.
#[test]
fn an_answer_that_cannot_be_is_asked_for_again() {
    let repo = Repo::with_contract();
    let before = repo.tree();
    let mut command = repo.qgroget(&["new", "jellyfin", "--no-pager", "--port", "8096"]);
    command
        .env("TERM", "xterm")
        .env("NO_COLOR", "1")
        .stdin(std::process::Stdio::inherit());
    let mut person = Person::at(command);
    person.sees("error[service-exists]: there is a service 'jellyfin' already");
    person.sees("Name");
    person.0.send_line("9lives").unwrap();
    person.sees("error[bad-name]: '9lives' cannot be the name of a service");
    person.sees("Name");
    person.0.send_line("paperless").unwrap();
    let offered = person.sees("another one");
    assert!(
        offered.contains("media") && offered.contains("password-manager"),
        "{offered}"
    );
    person.types("\r");
    person.sees("How it runs");
    person.sees("a container");
    person.types("\r");
    person.sees("Who reaches it");
    person.sees("nobody: it has no route");
    person.types("\r");
    person.sees("error[port-in-use]: port 8096 is in use by 'jellyfin'");
    let hint = person.sees("Port");
    assert!(hint.contains("a free one: ") && !hint.contains("--port"), "{hint}");
    person.0.send_line("eighty").unwrap();
    person.sees("a port is a number from 1 to 65535");
    person.sees("Port");
    person.0.send_line("28981").unwrap();
    person.sees("Subdomain");
    person.0.send_line("jellyfin").unwrap();
    person.sees("error[host-in-use]: 'jellyfin' has the host 'jellyfin.");
    let hint = person.sees("Subdomain");
    assert!(
        hint.contains("name another one") && !hint.contains("--subdomain"),
        "{hint}"
    );
    person.types("\r");
    person.sees("PostgreSQL");
    person.types("n");
    let shown = person.presses("n");
    assert!(shown.contains("paperless"), "{shown}");
    let (rest, end) = person.leaves();
    assert_eq!(end, End::Code(1), "{rest}");
    assert!(repo.tree() == before);
}

/// The cursor is hidden while a list is shown; who goes away with Ctrl-C has it back.
#[test]
fn ctrl_c_at_a_list_gives_the_cursor_back() {
    let repo = Repo::with_contract();
    let mut command = repo.qgroget(&["new", "paperless", "--no-pager"]);
    command.env("TERM", "xterm").stdin(std::process::Stdio::inherit());
    let mut person = Person::at(command);
    person.sees("another one");
    person.0.send_control('c').unwrap();
    let (rest, _) = person.leaves();
    assert!(rest.contains("\u{1b}[?25h"), "{rest:?}");
}
