//! The rules' own examples: `rules/<rule>/` has what a rule makes of a module, and what it refuses.
//!
//! `QGROGET_BLESS=1 cargo test rules` writes what the rules make now into the examples, to be looked at and committed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use qgroget::plan::migrate::Migration;
use qgroget::plan::{Proposal, Safety};
use qgroget::repo::Repository;
use serde::Deserialize;

use crate::common::{Repo, checks, nix, project, with_context};

/// The repository around a module.
const AROUND: [(&str, &str); 4] = [
    (
        "hosts/Server/configuration.nix",
        "{...}: {\n  imports = [../../modules/server];\n}\n",
    ),
    (
        "hosts/Server/settings.nix",
        "{...}: {\n  qgroget.server.domain = \"example.org\";\n}\n",
    ),
    ("modules/server/options.nix", include_str!("common/legacy-options.nix")),
    (
        "modules/server/settings.nix",
        include_str!("common/legacy-settings.nix"),
    ),
];

/// `rule.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    name: String,
    reason: String,
    /// What a change by this rule does to the configuration.
    safety: String,
    /// The service that the examples declare.
    service: String,
    /// Where `before.nix` stands.
    path: Option<String>,
    /// Where `after.nix` is expected.
    target: Option<String>,
    #[serde(default)]
    arguments: Vec<String>,
    /// Other files of the repository.
    #[serde(default)]
    also: Vec<Also>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Also {
    path: String,
    before: String,
    /// None for a file that the rule does not touch.
    after: Option<String>,
}

impl Rule {
    fn path(&self) -> String {
        let usual = || format!("modules/server/media/{}/default.nix", self.service);
        self.path.clone().unwrap_or_else(usual)
    }

    fn target(&self) -> String {
        self.target.clone().unwrap_or_else(|| self.path())
    }

    /// A repository with the contract, in which this module declares the service.
    fn repository(&self, directory: &Path, module: &str) -> Repo {
        let repo = Repo::bare();
        for (path, text) in AROUND {
            repo.write(path, text);
        }
        let path = self.path();
        let inside = path.strip_prefix("modules/server/").unwrap();
        let import = inside.strip_suffix("/default.nix").unwrap_or(inside);
        repo.write(
            "modules/server/default.nix",
            format!("{{...}}: {{\n  imports = [\n    ./options.nix\n    ./settings.nix\n    ./{import}\n  ];\n}}\n"),
        );
        for also in &self.also {
            repo.write(&also.path, read(&directory.join(&also.before)));
        }
        repo.write(&path, module);
        repo.start();
        repo.run(&["init", "--yes", "--no-verify"]).succeeds();
        repo
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The directories of all rules.
fn directories() -> BTreeMap<String, PathBuf> {
    let entries = fs::read_dir(project().join("rules"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let rules = entries.filter(|path| path.join("rule.toml").is_file());
    rules
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), path))
        .collect()
}

/// Compares what a rule makes with its example, or writes the example.
#[track_caller]
fn expect(path: &Path, made: &str) {
    if std::env::var_os("QGROGET_BLESS").is_some() {
        return fs::write(path, made).unwrap();
    }
    let expected = read(path);
    let diff = similar::TextDiff::from_lines(&expected, made);
    assert!(
        expected == made,
        "{} is not what the rule makes:\n{}",
        path.display(),
        diff.unified_diff()
    );
}

/// The properties that every example has, besides its text.
fn holds(name: &str) {
    let directory = project().join("rules").join(name);
    let rule: Rule =
        toml::from_str(&read(&directory.join("rule.toml"))).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(rule.name, name);
    assert!(rule.reason.ends_with('.'), "{name}: a reason is a sentence");
    let before = read(&directory.join("before.nix"));
    assert!(checks::is_formatted(&before), "{name}: before.nix is not formatted");
    let repo = rule.repository(&directory, &before);
    planned(&repo, &rule, name);

    let start = repo.root().parent().unwrap().join("start");
    crate::common::copy(&repo.root(), &start);
    let mut arguments = vec![rule.service.as_str()];
    arguments.extend(rule.arguments.iter().map(String::as_str));
    repo.migrate(&arguments).succeeds();
    expect(&directory.join("after.nix"), &repo.read(&rule.target()));
    for also in &rule.also {
        match &also.after {
            Some(after) => expect(&directory.join(after), &repo.read(&also.path)),
            None => assert_eq!(
                repo.read(&also.path),
                read(&directory.join(&also.before)),
                "{name}: {}",
                also.path
            ),
        }
    }
    if nix::available() {
        match rule.safety.as_str() {
            "preserves" => nix::assert_equal(&start, &repo.root(), name),
            "gains" => {
                let evaluated =
                    |root: &Path| nix::configuration(root).unwrap_or_else(|error| panic!("{name}: {error}"));
                assert_ne!(evaluated(&start), evaluated(&repo.root()), "{name} gains nothing");
            }
            other => panic!("{name}: safety is preserves or gains, not {other}"),
        }
    }
    // What is open then can only be what the machine would gain.
    let again = repo.migrate(&arguments).succeeds();
    let done = [
        "nothing to do",
        "something that the machine would gain; --accept-gains takes it",
    ];
    assert!(done.iter().any(|said| again.out.contains(said)), "{name}: {again}");

    for case in cases(&directory) {
        refuses(&rule, &directory, &case);
    }
}

/// Checks what the library makes of the example: the edits, and whether the rule's safety is what the groups say.
fn planned(repo: &Repo, rule: &Rule, name: &str) {
    let repository = Repository::read(&repo.root()).unwrap();
    with_context(&repository, |context| {
        let migration = Migration::plan(context, &rule.service).unwrap_or_else(|error| panic!("{name}: {error}"));
        let all = migration.groups().iter().map(|group| group.id).collect();
        checks::change(&migration.render(&all).unwrap(), name);
        let gains = migration.groups().iter().any(|group| group.safety == Safety::Gains);
        assert_eq!(gains, rule.safety == "gains", "{name}: safety");
    });
}

fn cases(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory.join("refused")) else {
        return Vec::new();
    };
    let mut cases: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

/// A refused example says in its first line by which code, and where: `# refused: unmovable at 12:5`.
fn refuses(rule: &Rule, directory: &Path, case: &Path) {
    let module = read(case);
    let what = case.display();
    let header = module.lines().next().unwrap_or_default();
    let expected = header
        .strip_prefix("# refused: ")
        .unwrap_or_else(|| panic!("{what} has no header"));
    let (code, place) = expected
        .split_once(" at ")
        .unwrap_or_else(|| panic!("{what}: the header has no place"));
    let repo = rule.repository(directory, &module);
    let before = repo.tree();
    let run = repo.migrate(&[&rule.service]);
    assert_eq!(run.code, 1, "{what}: {run}");
    assert!(run.err.contains(&format!("error[{code}]")), "{what}: {run}");
    // A place in another file than the module is named with the file.
    let place = match place.contains('/') {
        true => place.to_owned(),
        false => format!("{}:{place}", rule.path()),
    };
    assert!(run.err.contains(&format!("{place}\n")), "{what}: {run}");
    assert!(repo.tree() == before, "{what}: something was written");
}

macro_rules! rules {
    ($($test:ident: $name:literal,)*) => {
        $(
            #[test]
            fn $test() {
                holds($name);
            }
        )*

        /// Without this an example that no test names would never be tried.
        #[test]
        fn every_rule_is_tried() {
            let tried: Vec<&str> = vec![$($name),*];
            for name in directories().keys() {
                assert!(tried.contains(&name.as_str()), "rules/{name} is not tried");
            }
        }
    };
}

rules! {
    a_service_becomes_a_contract: "service-entry",
    a_mounted_directory_is_where_state_lives: "state-directory",
    a_loopback_url_becomes_a_port: "url-to-port",
    what_the_code_says_again_is_read_from_the_contract: "contract-reads",
    persistence_moves_into_the_contract: "persistence",
    a_backup_job_moves_into_the_contract: "backup-job",
    a_switch_moves_to_the_host: "switch",
    secrets_are_gathered: "secrets-section",
    a_module_moves_to_its_place: "placement",
    unread_backups_become_real_ones: "unread-backups",
    what_a_service_needs_is_in_its_contract: "dependencies",
    what_a_service_stores_in_is_in_its_contract: "databases",
    a_connection_is_read_from_the_contract: "database-reads",
    scattered_persistence_is_gathered: "scattered-persistence",
}
