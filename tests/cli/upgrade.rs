//! `init` where an earlier one has installed the contract: what is newer comes, what is a person's own stays.

use std::collections::BTreeMap;
use std::process::Stdio;

use qgroget::commit::Mark;
use qgroget::edit::{FileChange, SourceChange};
use qgroget::plan::install::version;
use qgroget::repo::git::GitState;

use crate::common::person::{End, Person};
use crate::common::{ADD_FIELD, Repo, Run, copy, nix, project, snapshot};

const COLLECTOR: &str = "modules/server/collector.nix";
const OPTIONS: &str = "modules/server/options.nix";
const TEMPLATE: &str = "modules/server/_template/default.nix";
const TEST: &str = "tests/collector/eval-test.nix";
const GUIDE: &str = "docs/service-template-guide.md";

/// What reads otherwise today than it did in the contract that these tests take for an earlier one: the file, today's text and the
/// earlier one.
const EARLIER: [(&str, &str, &str); 7] = [
    (COLLECTOR, "  # Disabled services are in none of them.\n", ""),
    (
        COLLECTOR,
        "lib.unique (lists \"backupExclude\")",
        "lists \"backupExclude\"",
    ),
    (OPTIONS, "Units to stop while the backup runs.", "Units to stop."),
    (OPTIONS, "extraConfig = mkOption {", "otherConfig = mkOption {"),
    (TEMPLATE, "# Or let `qgroget new <service>` do all of it.\n", ""),
    (TEST, "without a virtual machine.", "quickly."),
    (GUIDE, "## A new service\n", "## New services\n"),
];

type Files = BTreeMap<String, String>;

fn texts(repo: &Repo) -> Files {
    let tree = repo.tree().into_iter();
    tree.filter_map(|(path, bytes)| Some((path, String::from_utf8(bytes).ok()?)))
        .collect()
}

/// Files as an installation of another version has them: with these replacements, and with its line or without one.
fn earlier(files: &Files, of: Option<u32>, replacements: &[(&str, &str, &str)]) -> Files {
    let current = version::current().to_string();
    let old = |(path, text): (&String, &String)| {
        let line = |line: &str| {
            let is_version = version::of(line).is_some();
            match of {
                Some(version) if is_version => Some(line.replace(&current, &version.to_string())),
                None if is_version => None,
                _ => Some(line.to_owned()),
            }
        };
        let mut old: String = text.split_inclusive('\n').filter_map(line).collect();
        for (own, now, then) in replacements.iter().filter(|(own, _, _)| own == path) {
            assert!(old.contains(now), "{own} has no {now:?}");
            old = old.replace(now, then);
        }
        (path.clone(), old)
    };
    files.iter().map(old).collect()
}

/// Commits these files as the program would have.
fn commit_as(repo: &Repo, name: &str, title: &str, after: &Files) {
    let before = texts(repo);
    let changed = after.iter().filter(|(path, text)| before.get(*path) != Some(text));
    let files = changed.map(|(path, text)| FileChange {
        from: before.contains_key(path).then(|| path.into()),
        to: Some(path.into()),
        before: before.get(path).map(|text| text.as_str()).unwrap_or_default().into(),
        after: text.as_str().into(),
        ..FileChange::default()
    });
    let change = SourceChange { files: files.collect() };
    let git = GitState::discover(&repo.root()).unwrap().unwrap();
    let mark = Mark::of(name, &git, &change).unwrap().line();
    after.iter().for_each(|(path, text)| repo.write(path, text));
    repo.commit_all(&format!("{title}\n\n{mark}"));
}

/// A repository in which an earlier program has installed the contract.
fn installed_before(start: Repo, of: Option<u32>, replacements: &[(&str, &str, &str)]) -> Repo {
    let today = Repo::within(tempfile::Builder::new().prefix("qgroget-test-").tempdir().unwrap());
    copy(&start.root(), &today.root());
    today.run(&["init", "--yes", "--no-verify"]).succeeds();
    let files = earlier(&texts(&today), of, replacements);
    commit_as(&start, "init", "feat(server): add the service contract", &files);
    start
}

fn homelab_before(of: Option<u32>) -> Repo {
    installed_before(Repo::homelab(), of, &EARLIER)
}

/// What was said, without the version and the mark, which change with every installed text.
fn plain(run: &Run) -> String {
    let text = run.to_string();
    let current = version::current();
    let text = text.replace(&format!("version {current}"), "version <n>");
    let text = text.replace(&format!("contract {current}"), "contract <n>");
    let lines = text
        .lines()
        .map(|line| match line.split_once("Qgroget-Change: upgrade ") {
            Some((before, _)) => format!("{before}Qgroget-Change: upgrade <digest>"),
            None => line.to_owned(),
        });
    lines.collect::<Vec<_>>().join("\n")
}

fn assert_newer(repo: &Repo) {
    for (path, now, _) in EARLIER {
        assert!(repo.read(path).contains(now), "{path} has no {now:?}");
        assert_eq!(version::of(&repo.read(path)), Some(version::current()), "{path}");
    }
}

/// `init` with a person at it.
fn at_terminal(repo: &Repo) -> Person {
    let mut command = repo.qgroget(&["init", "--no-verify", "--no-pager"]);
    command
        .env("TERM", "xterm")
        .env("NO_COLOR", "1")
        .stdin(Stdio::inherit());
    Person::at(command)
}

#[test]
fn without_changes_it_becomes_what_is_installed_today() {
    let rack = || {
        let repo = Repo::bare();
        copy(&project().join("examples/rack"), &repo.root());
        repo.start();
        repo
    };
    for (of, start, replacements) in [
        (None, Repo::homelab as fn() -> Repo, &EARLIER[..]),
        (Some(1), Repo::homelab, &EARLIER[..]),
        (None, rack, &[]),
    ] {
        let repo = installed_before(start(), of, replacements);
        let before = repo.tree();
        let run = repo.run(&["init", "--dry-run"]).succeeds().says("upgrade the contract");
        if of.is_none() && !replacements.is_empty() {
            let text = plain(&run);
            let (plan, rest) = text.split_once("\n── docs/").unwrap();
            let (diff, message) = rest.split_once("\nCommit message").unwrap();
            assert!(diff.contains("+# qgroget contract <n>"), "{diff}");
            snapshot!("cli", "upgrade_dry_run", format!("{plan}\n…\nCommit message{message}"));
        }
        assert!(repo.tree() == before);
        repo.run(&["init", "--yes"]).succeeds();
        let today = start();
        today.run(&["init", "--yes", "--no-verify"]).succeeds();
        assert_eq!(texts(&repo), texts(&today));
        assert_eq!(repo.status(), "");
        let title = format!(
            "feat(server): upgrade the service contract to version {}",
            version::current()
        );
        assert_eq!(repo.log()[0], title);
        repo.run(&["init", "--yes"])
            .succeeds()
            .says("nothing to do")
            .says_not("yours");
        repo.run(&["check", "--no-eval"]).succeeds().says_not("contract-");
        repo.run(&["undo", "--yes"]).succeeds().says(&title);
        assert!(repo.tree() == before);
    }
}

#[test]
fn what_is_ones_own_stays() {
    let repo = homelab_before(None);
    repo.run(&[&ADD_FIELD[..], &["--yes", "--no-verify"]].concat())
        .succeeds();
    repo.migrate(&["jellyfin"]).succeeds();
    repo.replace(
        COLLECTOR,
        "  # Services that name the same job share it",
        "  # Mine.\n  # Services that name the same job share it",
    );
    repo.replace(TEMPLATE, "        # Persistence\n", "        # What stays\n");
    repo.replace(
        GUIDE,
        "## New services\n\n",
        "## New services\n\nWe have a form for this.\n\n",
    );
    repo.commit_all("our own");
    let before = repo.tree();
    let evaluated = nix::available().then(|| nix::configuration(&repo.root()).unwrap());
    repo.run(&["check", "--no-eval"])
        .succeeds()
        .says("contract-outdated")
        .says("installed before it had versions");
    repo.run(&[])
        .succeeds()
        .says("Next: qgroget init")
        .says("upgrades the contract");
    repo.run(&["init", "--yes"]).succeeds();
    assert_newer(&repo);
    assert!(repo.read(COLLECTOR).contains("  # Mine.\n"));
    assert!(repo.read(TEMPLATE).contains("# What stays"));
    assert!(repo.read(GUIDE).contains("We have a form for this."));
    for field in ["icon = mkOption", "extraConfig = mkOption"] {
        assert!(repo.read(OPTIONS).contains(field), "{field}");
    }
    assert!(repo.read(GUIDE).contains("- `icon` (") && repo.read(GUIDE).contains("- `extraConfig` ("));
    if let Some(evaluated) = evaluated {
        nix::assert_same(&evaluated, &nix::configuration(&repo.root()).unwrap(), "upgrade");
    }
    repo.run(&["init", "--yes"])
        .succeeds()
        .says("nothing to do")
        .says("modules/server/collector.nix has changes of yours: 1 line is added")
        .says_not("options.nix");
    repo.run(&["check", "--no-eval"]).succeeds().says_not("contract-");
    repo.run(&["check", "--no-eval", "-v"])
        .succeeds()
        .says("note[contract-changed]");
    repo.run(&["undo", "--yes"]).succeeds();
    assert!(repo.tree() == before);
}

/// The base of the second upgrade is what the first one brought, not what stood there with a person's changes.
#[test]
fn it_is_upgraded_again() {
    let repo = installed_before(Repo::homelab(), None, &EARLIER);
    let own = |text: &str| text.replace("  # Services that name", "  # Mine.\n  # Services that name");
    repo.write(COLLECTOR, own(&repo.read(COLLECTOR)));
    repo.commit_all("our own");
    repo.run(&[&ADD_FIELD[..], &["--yes", "--no-verify"]].concat())
        .succeeds();
    // The first upgrade, of a program between the two.
    let (mut between, now) = (texts(&repo), {
        let today = Repo::with_contract();
        earlier(&texts(&today), Some(1), &EARLIER[1..])
    });
    for path in [COLLECTOR, TEMPLATE, TEST] {
        between.insert(path.to_owned(), now[path].clone());
    }
    between.insert(COLLECTOR.to_owned(), own(&now[COLLECTOR]));
    let options = repo.read(OPTIONS).replace(
        "    serviceModules = let",
        "    # qgroget contract 1\n    serviceModules = let",
    );
    assert!(options.contains("contract 1"));
    between.insert(OPTIONS.to_owned(), options);
    commit_as(
        &repo,
        "upgrade",
        "feat(server): upgrade the service contract to version 1",
        &between,
    );
    repo.run(&["init", "--yes", "--no-verify"]).succeeds();
    assert!(repo.read(COLLECTOR).contains("  # Mine.\n"));
    assert!(repo.read(OPTIONS).contains("icon = mkOption") && repo.read(OPTIONS).contains("extraConfig = mkOption"));
    for (path, now, _) in EARLIER.iter().filter(|(path, _, _)| *path != GUIDE) {
        assert!(repo.read(path).contains(now), "{path} has no {now:?}");
    }
}

#[test]
fn where_changes_meet_nothing_is_done() {
    let repo = homelab_before(Some(1));
    repo.replace(
        COLLECTOR,
        "lists \"backupExclude\"",
        "lib.reverseList (lists \"backupExclude\")",
    );
    repo.commit_all("our own");
    let before = repo.tree();
    let run = repo.run(&["init", "--yes"]).refuses("upgrade-conflict");
    assert!(repo.tree() == before);
    assert_eq!(repo.log().len(), 3);
    let line = repo
        .read(COLLECTOR)
        .lines()
        .position(|line| line.contains("reverseList"))
        .unwrap()
        + 1;
    let run = run.says(&format!("{COLLECTOR}:{line}"));
    snapshot!("cli", "upgrade_conflict", plain(&run));
    // Both are wanted, and written by hand.
    repo.replace(
        COLLECTOR,
        "lib.reverseList (lists \"backupExclude\")",
        "lib.unique (lists \"backupExclude\")",
    );
    repo.commit_all("settled");
    repo.run(&["init", "--yes"]).succeeds();
    assert_newer(&repo);
}

#[test]
fn a_document_or_template_that_meets_is_left_whole() {
    let repo = homelab_before(None);
    repo.replace(GUIDE, "## New services\n", "## Our services\n");
    repo.commit_all("our own");
    let guide = repo.read(GUIDE);
    repo.run(&["init", "--dry-run"])
        .succeeds()
        .says(GUIDE)
        .says("you have changed the lines that are other ones now");
    repo.run(&["init", "--yes", "--no-verify"])
        .succeeds()
        .says(GUIDE)
        .says("you have changed the lines that are other ones now");
    assert_eq!(repo.read(GUIDE), guide);
    assert!(repo.read(TEST).contains("without a virtual machine."));
    repo.run(&["init", "--yes"])
        .succeeds()
        .says("nothing to do")
        .says(GUIDE);
}

/// Git sees no conflict: the contract that sets the field stands in another file than the schema.
#[test]
fn an_upgrade_that_contracts_need_is_not_taken_back() {
    let repo = homelab_before(None);
    repo.run(&["init", "--yes", "--no-verify"]).succeeds();
    repo.migrate(&["jellyfin", "vaultwarden"]).succeeds();
    let module = "modules/server/media/jellyfin/default.nix";
    let own = "dataDir =";
    repo.replace(module, own, "extraConfig.note = \"ours\";\n    dataDir =");
    repo.commit_all("a note");
    let (before, log) = (repo.tree(), repo.log());
    repo.run(&["undo", "upgrade", "--yes"])
        .refuses("undo-needed")
        .says("extraConfig")
        .says(module)
        .says("first `qgroget undo jellyfin`")
        .says_not("qgroget undo vaultwarden");
    assert!(repo.tree() == before && repo.log() == log);
    repo.replace(module, "extraConfig.note = \"ours\";\n    dataDir =", own);
    repo.commit_all("without it");
    repo.run(&["undo", "upgrade", "--yes"]).succeeds();
    repo.run(&["check", "--no-eval"])
        .says("contract-outdated")
        .says_not("error[");
}

/// A repository whose history does not have the commit that installed the contract.
fn squashed() -> Repo {
    let repo = homelab_before(None);
    repo.run(&[&ADD_FIELD[..], &["--yes", "--no-verify"]].concat())
        .succeeds();
    repo.replace(COLLECTOR, "  # Services that name", "  # Mine.\n  # Services that name");
    repo.git(&["reset", "--quiet", "--soft", "HEAD~2"]);
    repo.commit_all("all at once");
    repo
}

#[test]
fn where_what_was_installed_is_not_known_only_an_answer_replaces_it() {
    let repo = squashed();
    let before = repo.tree();
    let run = repo.run(&["check", "--no-eval"]).succeeds();
    assert_eq!(run.out.matches("contract-outdated]").count(), 1, "{run}");
    drop(run.says("cannot be told"));
    let run = repo.run(&["init", "--yes", "--no-verify", "--without", "docs,tests,template"]);
    run.refuses("contract-base-unknown").says(COLLECTOR);
    let run = repo.run(&["init", "--dry-run"]).succeeds();
    let run = run
        .says("What replaces lines that you may have written")
        .says("# Mine.");
    drop(run);
    assert!(repo.tree() == before);
    let mut person = at_terminal(&repo);
    let shown = person.answers("Replace what is there", "n");
    assert!(shown.contains("cannot be told"), "{shown}");
    let (rest, end) = person.leaves();
    assert_eq!(end, End::Code(1), "{rest}");
    assert!(repo.tree() == before);
    let mut person = at_terminal(&repo);
    person.answers("Replace what is there", "y");
    let (rest, end) = person.leaves();
    assert_eq!(end, End::Code(0), "{rest}");
    let today = Repo::with_contract();
    assert_eq!(repo.read(COLLECTOR), today.read(COLLECTOR));
    assert!(
        repo.read(OPTIONS).contains("icon = mkOption"),
        "a field that was added is lost"
    );
    repo.run(&["check", "--no-eval"]).succeeds().says_not("contract-");
    // What was replaced is known by the commit that did it.
    repo.run(&["undo", "--yes"]).succeeds();
    assert!(repo.tree() == before);
}

#[test]
fn a_collector_of_which_lines_are_gone_is_not_said_to_be_whole() {
    let repo = Repo::with_contract();
    let text = repo.read(COLLECTOR);
    let mut left = 31;
    let stays = |line: &&str| {
        let goes = left > 0 && line.starts_with("  #");
        left -= usize::from(goes);
        !goes
    };
    repo.write(COLLECTOR, text.split_inclusive('\n').filter(stays).collect::<String>());
    repo.commit_all("oops");
    let said = "modules/server/collector.nix has changes of yours: 31 lines are missing";
    repo.run(&["init", "--yes"]).succeeds().says("nothing to do").says(said);
    repo.run(&["check", "--no-eval"])
        .succeeds()
        .says(
            "warning[contract-changed]: modules/server/collector.nix is not as it was installed: 31 lines are missing",
        )
        .says("see what changed: git diff ");
    // Torn as well.
    repo.write(COLLECTOR, text.split_inclusive('\n').take(200).collect::<String>());
    repo.commit_all("worse");
    repo.run(&["init", "--yes"]).succeeds().says("lines are missing");
}

#[test]
fn a_newer_contract_is_left_alone() {
    let repo = homelab_before(Some(version::current() + 7));
    let before = repo.tree();
    repo.run(&["init", "--yes"])
        .succeeds()
        .says("nothing to do")
        .says("does not know");
    repo.run(&["check", "--no-eval"])
        .succeeds()
        .says("warning[contract-newer]");
    assert!(repo.tree() == before);
}
