//! Where a service keeps its state: found, asked for, said.

use super::interactive::migrating;
use crate::common::Repo;
use crate::common::person::End;

/// A repository of the service `torrent`, which backs up two directories, of which one is computed.
fn repo() -> Repo {
    let repo = Repo::of([
        (
            "hosts/Server/configuration.nix",
            "{...}: {\n  imports = [\n    ../../modules/server\n    ./settings.nix\n  ];\n}\n",
        ),
        (
            "hosts/Server/settings.nix",
            "{...}: {\n  qgroget.server.domain = \"example.org\";\n}\n",
        ),
        (
            "modules/server/options.nix",
            include_str!("../common/legacy-options.nix"),
        ),
        (
            "modules/server/settings.nix",
            include_str!("../common/legacy-settings.nix"),
        ),
        (
            "modules/server/default.nix",
            "{...}: {\n  imports = [\n    ./options.nix\n    ./settings.nix\n    ./media/torrent\n  ];\n}\n",
        ),
        (
            "modules/server/media/torrent/default.nix",
            "{config, ...}: {\n  qgroget.services.torrent = {\n    name = \"torrent\";\n    url = \"http://127.0.0.1:8080\";\n  };\n\n  \
             qgroget.backups.torrent = {\n    paths = [\n      \"${config.qgroget.server.domain}/it's\"\n      \"/var/lib/other\"\n    ];\n  };\n}\n",
        ),
    ]);
    repo.run(&["init", "--yes", "--no-verify"]).succeeds();
    repo
}

const MODULE: &str = "modules/server/media/torrent/default.nix";
const FIRST: &str = "dataDir = \"${config.qgroget.server.domain}/it's\";";

#[test]
fn the_advice_can_be_pasted_into_a_shell() {
    let repo = repo();
    let refused = repo.migrate(&["torrent"]).refuses("ambiguous-data-dir");
    let mut lines = refused.err.lines();
    let advice = lines.find_map(|line| line.split_once("say it: "));
    let (_, advice) = advice.expect("advice");
    let program = repo.qgroget(&[]).get_program().to_owned();
    let line = format!("{} migrate torrent --yes --no-verify {advice}", program.display());
    repo.outcome(repo.command("sh").args(["-c", &line])).succeeds();
    let module = repo.read(MODULE);
    assert!(module.contains(FIRST), "{module}");
}

#[test]
fn the_repository_may_say_it_as_source() {
    let repo = repo();
    repo.write(
        "qgroget.toml",
        "[service.torrent]\ndata-dir = '\"${config.qgroget.server.domain}/its\"'\n",
    );
    repo.commit_all("rules");
    repo.migrate(&["torrent"]).succeeds();
    let module = repo.read(MODULE);
    assert!(
        module.contains("dataDir = \"${config.qgroget.server.domain}/its\";"),
        "{module}"
    );
    repo.write("qgroget.toml", "[service.torrent]\ndata-dir = \"var\"\n");
    repo.run(&["status"]).says("which is no directory");
}

#[test]
fn at_a_terminal_one_of_the_directories_is_chosen_by_its_number() {
    let repo = repo();
    let mut person = migrating(&repo, &["torrent"]);
    let shown = person.answers("to skip the service", "3");
    assert!(shown.contains("2  /var/lib/other"), "{shown}");
    person.answers("to skip the service", "1");
    let shown = person.presses("q");
    assert!(
        shown.contains("'torrent=\"${config.qgroget.server.domain}/it'\\''s\"'"),
        "{shown}"
    );
    let (rest, end) = person.leaves();
    assert_eq!(end, End::Code(1), "{rest}");
    let mut person = migrating(&repo, &["torrent"]);
    person.answers("to skip the service", "s");
    let (rest, _) = person.leaves();
    assert!(rest.contains("ambiguous-data-dir"), "{rest}");
}
