//! `new` and `contract`: services and fields that come after the migration.

use crate::common::person::{End, Person};
use crate::common::{Repo, nix, snapshot};

#[test]
fn a_new_service_passes_check_at_once() {
    let repo = Repo::with_contract();
    let kinds: [&[&str]; 3] = [
        &["paperless", "--port", "8010", "--public", "--database"],
        &["wiki", "--port", "8011", "--kind", "container"],
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
fn a_name_or_port_that_is_taken_is_refused() {
    let repo = Repo::with_contract();
    let before = repo.tree();
    let taken = ["new", "jellyfin", "--category", "misc", "--port", "8010", "--yes"];
    repo.run(&taken).ends(1).says("jellyfin");
    let port = ["new", "paperless", "--category", "misc", "--port", "8096", "--yes"];
    repo.run(&port).ends(1).says("8096");
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
    let repo = Repo::with_contract();
    repo.migrate(&["jellyfin", "portfolio"]).succeeds();
    let before = repo.tree();
    let services = [
        "modules/server/media/jellyfin/default.nix",
        "modules/server/misc/portfolio/default.nix",
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
    person.sees("Port");
    person.0.send_line("28981").unwrap();
    person.sees("Subdomain");
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
