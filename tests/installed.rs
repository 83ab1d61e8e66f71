//! What `init` brings: how much of it, and that its documents are true of the repository, then and after every later command.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use qgroget::plan::evolve::schema::Schema;
use qgroget::plan::install::{fields, schema, version};
use qgroget::plan::model::Context;
use qgroget::repo::Repository;
use qgroget::resolve::Module;
use qgroget::rules::parts;
use qgroget::syntax::Source;
use sha2::{Digest, Sha256};

use crate::common::{ADD_FIELD, Repo, copy, project, with_context};
use crate::documents::assert_links;

const DOCUMENTS: [&str; 3] = [
    "docs/architecture-decision-record.md",
    "docs/migration-guide.md",
    "docs/service-template-guide.md",
];

/// Lines that `init` may bring besides schema, collector and bridge: in all but documents, and in documents.
const LINES: usize = 500;
const DOCUMENT_LINES: usize = 703;

/// What of `nix/` is not installed.
const NOT_INSTALLED: [&str; 6] = [
    "README.md",
    "contract.toml",
    "tests/harmless.toml",
    "tests/suite",
    "tests/vm/check.py",
    "tests/vm/stub.nix",
];

/// Every file below a directory.
fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, found),
            false => found.push(path),
        }
    }
}

/// A digest of all files in `nix/` that are installed.
fn digest() -> String {
    let nix = project().join("nix");
    let mut found = Vec::new();
    files(&nix, &mut found);
    found.sort();
    let mut hasher = Sha256::new();
    for path in found {
        let name = path.strip_prefix(&nix).unwrap();
        if !NOT_INSTALLED.iter().any(|other| name.starts_with(other)) {
            for part in [name.to_string_lossy().as_bytes(), &std::fs::read(&path).unwrap()] {
                hasher.update((part.len() as u64).to_le_bytes());
                hasher.update(part);
            }
        }
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The value behind a name in a text of TOML.
fn value<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "));
    line.map(|value| value.trim_matches('"'))
}

/// A repository knows by the version that there is something to upgrade: one that stays the same while a text changes would keep
/// the change from everybody who has the contract.
#[test]
fn a_changed_contract_has_another_version() {
    let path = project().join("nix/contract.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let (version, recorded) = (value(&text, "version").unwrap(), value(&text, "digest").unwrap());
    assert_eq!(version.parse(), Ok(version::current()));
    let digest = digest();
    if recorded == digest {
        return;
    }
    assert!(
        std::env::var_os("QGROGET_BLESS").is_some(),
        "a file in nix/ that is installed has changed, and the contract's version has not:\n  \
         QGROGET_BLESS=1 cargo test --test main installed::a_changed_contract_has_another_version"
    );
    // Several changes before one commit are one version.
    let mut git = std::process::Command::new("git");
    let committed = git
        .args(["show", "HEAD:./nix/contract.toml"])
        .current_dir(project())
        .output();
    let committed = committed
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .ok();
    let before = committed.and_then(|text| value(&text, "version")?.parse::<u32>().ok());
    let raised = before.map_or(version::current(), |before| before + 1);
    let text = text
        .replace(&format!("version = {version}"), &format!("version = {raised}"))
        .replace(&format!("digest = \"{recorded}\""), &format!("digest = \"{digest}\""));
    std::fs::write(&path, text).unwrap();
}

/// A copy of `examples/rack`, which has names of its own for everything, committed.
fn rack() -> Repo {
    let repo = Repo::bare();
    copy(&project().join("examples/rack"), &repo.root());
    repo.start();
    repo
}

fn init(repo: &Repo, arguments: &[&str]) {
    repo.run(&[&["init", "--yes", "--no-verify"], arguments].concat())
        .succeeds();
}

/// The lines that the last commit added, by file.
fn added(repo: &Repo) -> BTreeMap<String, usize> {
    let counted = repo.git(&["diff", "--numstat", "HEAD~1", "HEAD"]);
    let line = |line: &str| {
        let mut cells = line.split('\t');
        let added = cells.next().unwrap().parse().unwrap();
        (cells.nth(1).unwrap().to_owned(), added)
    };
    counted.lines().map(line).collect()
}

/// Asserts how much the last commit added.
pub fn assert_small(repo: &Repo) {
    let core = ["/options.nix", "/collector.nix", "/legacy-bridge.nix"];
    let (documents, rest): (BTreeMap<_, _>, BTreeMap<_, _>) = added(repo)
        .into_iter()
        .filter(|(path, _)| !core.iter().any(|core| path.ends_with(core)))
        .partition(|(path, _)| path.ends_with(".md"));
    let sum = |files: &BTreeMap<String, usize>| files.values().sum::<usize>();
    assert!(sum(&rest) <= LINES, "{} lines: {rest:#?}", sum(&rest));
    assert!(
        sum(&documents) <= DOCUMENT_LINES,
        "{} lines: {documents:#?}",
        sum(&documents)
    );
    assert_eq!(documents.len(), DOCUMENTS.len());
}

#[test]
fn it_brings_what_is_needed() {
    for repo in [Repo::homelab(), rack()] {
        init(&repo, &[]);
        assert_small(&repo);
        assert!(!repo.root().join("tests/integration").exists());
    }
}

/// Asserts that files, options and hosts which the documents name are there.
pub fn assert_true(repo: &Repo) {
    let read = Repository::read(&repo.root()).unwrap();
    with_context(&read, |context| {
        for document in DOCUMENTS.iter().filter(|document| repo.exists(document)) {
            assert_links(&repo.path(document));
            let text = repo.read(document);
            for word in text.split(|c: char| c.is_whitespace() || "`()[]{};,|=\"'".contains(c)) {
                let word = word.trim_end_matches(['.', ':', '…']);
                assert_file(repo, context, word, document);
                assert_option(context, word, document);
                if let Some(host) = word.strip_prefix(".#").filter(|host| !host.contains('.')) {
                    assert!(
                        context.repo.exists(&context.rules().paths.hosts.join(host)),
                        "{document}: {word}"
                    );
                }
            }
            for block in text.split("```nix\n").skip(1) {
                assert_fields(context, block.split("```").next().unwrap(), document);
            }
        }
    });
}

fn assert_file(repo: &Repo, context: &Context, word: &str, document: &str) {
    let is_path = |word: &str| !word.contains(['<', '*', '$']) && !word.contains("://");
    let own = |name: &str| context.rules().paths.server.join(name);
    match word.split_once('/') {
        Some((top, _)) if is_path(word) && !["", ".."].contains(&top) && repo.exists(top) => {
            assert!(repo.exists(word), "{document} names {word}, which is not there");
        }
        None if ["options.nix", "collector.nix", "legacy-bridge.nix"].contains(&word) => {
            assert!(
                context.repo.has(&own(word)),
                "{document} names {word}, which is not there"
            );
        }
        _ => {}
    }
}

/// Asserts that an option of the repository's own is declared.
fn assert_option(context: &Context, word: &str, document: &str) {
    let namespaces = &context.rules().namespaces;
    let word = word.trim_start_matches("config.");
    let below = |namespace: &str| -> Option<Vec<String>> {
        let rest = word.strip_prefix(namespace)?;
        let is_it = rest.is_empty() || rest.starts_with('.');
        is_it.then(|| rest.split('.').skip(1).map(str::to_owned).collect())
    };
    let declared = |namespace: &str, names: &[String]| {
        let whole: Vec<&str> = parts(namespace)
            .into_iter()
            .chain(names.iter().map(String::as_str))
            .collect();
        // A value may have attributes, and a set of options is named by its beginning.
        let is_part = |option: &qgroget::resolve::module::OptionDecl| {
            option.path.iter().zip(&whole).all(|(a, b)| a.as_deref() == Some(*b))
        };
        context.model.modules().any(|module| module.options.iter().any(is_part))
    };
    if let Some(names) = below(&namespaces.contract) {
        let known = Schema::read(context).expect("a schema").names();
        assert!(
            names.get(1).is_none_or(|field| known.contains(field)),
            "{document}: {word}"
        );
    } else if let Some(names) = below(&namespaces.contract_options) {
        assert!(declared(&namespaces.contract_options, &names), "{document}: {word}");
    } else if let Some(names) = below(&namespaces.collector) {
        assert!(declared(&namespaces.collector, &names), "{document}: {word}");
    } else if let Some(namespace) = [&namespaces.services, &namespaces.backups]
        .into_iter()
        .find(|n| below(n).is_some())
    {
        assert!(declared(namespace, &[]), "{document}: {word}");
    } else if let Some(root) = word
        .split('.')
        .next()
        .filter(|root| word.contains('.') && *root == "qgroget")
    {
        // `qgroget.toml`, the switches, and what the domain is called.
        let others = ["qgroget.toml", &namespaces.switches, &context.rules().values.domain];
        assert!(
            others.iter().any(|other| word.starts_with(*other)),
            "{document}: {word} of {root}"
        );
    }
}

/// Asserts that fields of the legacy pattern in an example are those of the repository.
fn assert_fields(context: &Context, code: &str, document: &str) {
    let source = Source::new("example.nix", code);
    let Some(module) = Module::read(&source) else { return };
    let namespaces = &context.rules().namespaces;
    let declared = [
        (&namespaces.services, schema::legacy_fields(context)),
        (&namespaces.backups, fields::of(context, &parts(&namespaces.backups))),
    ];
    for (namespace, fields) in declared {
        let (prefix, fields) = (parts(namespace), fields.unwrap());
        for def in module.under(&prefix) {
            let field = def.name(prefix.len() + 1);
            assert!(
                field.is_none_or(|field| fields.iter().any(|own| own == field)),
                "{document}: {field:?}"
            );
        }
    }
}

/// The documents that `init` would bring now.
fn fresh(repo: &Repo) -> Vec<String> {
    let other = Repo::bare();
    copy(&repo.root(), &other.root());
    other.git(&[&["rm", "--quiet"], &DOCUMENTS[..]].concat());
    other.commit_all("without documents");
    init(&other, &["--with", "docs"]);
    DOCUMENTS.map(|document| other.read(document)).to_vec()
}

#[test]
fn documents_stay_true_whatever_is_run() {
    let legacy = ["qgroget.services", "homelab.services", "legacy-bridge.nix"];
    for repo in [Repo::homelab(), rack()] {
        let read = || DOCUMENTS.map(|document| repo.read(document)).to_vec();
        init(&repo, &[]);
        assert_true(&repo);
        let steps: [&[&str]; 5] = [
            &ADD_FIELD,
            &["contract", "rename", "icon", "logo"],
            &["migrate", "--all", "--no-verify", "--accept-gains"],
            &["contract", "remove", "logo"],
            &["cleanup", "--no-verify"],
        ];
        let guide = |repo: &Repo| repo.read(DOCUMENTS[2]);
        let shown = [
            ADD_FIELD.join(" "),
            "contract rename icon logo".to_owned(),
            "contract remove logo".to_owned(),
        ];
        let text = guide(&repo).replace('\'', "");
        assert!(
            shown
                .iter()
                .all(|command| text.contains(&format!("\nqgroget {command}\n"))),
            "{text}"
        );
        for (step, says) in steps
            .into_iter()
            .zip(["- `icon` (", "- `logo` (", "- `logo` (", "", ""])
        {
            let before = repo.tree();
            // What is evaluated is asked elsewhere.
            let flags: &[&str] = match step.contains(&"--no-verify") {
                true => &["--yes"],
                false => &["--yes", "--no-verify"],
            };
            repo.run(&[step, flags].concat()).succeeds();
            assert_true(&repo);
            assert!(guide(&repo).contains(says), "{step:?}");
            // All but the decisions, which keep what was decided.
            assert_eq!(read()[1..], fresh(&repo)[1..], "{step:?}");
            if !step.contains(&"--all") {
                repo.run(&["undo", "--yes"]).succeeds();
                assert!(repo.tree() == before, "{step:?} is not taken back");
                repo.run(&[step, flags].concat()).succeeds();
            }
        }
        assert!(!guide(&repo).contains("icon` (") && !guide(&repo).contains("logo` ("));
        for text in read() {
            assert!(legacy.iter().all(|name| !text.contains(name)), "{text}");
        }
        assert!(read()[0].contains("### Old and new side by side, with a bridge (done)"));
        let speaks =
            |bytes: &[u8]| String::from_utf8_lossy(bytes).contains("A service without a contract is not listed");
        assert!(
            !repo.tree().values().any(|bytes| speaks(bytes)),
            "a comment speaks of what is gone"
        );
    }
}

#[test]
fn what_somebody_has_written_into_a_document_stays() {
    let repo = Repo::homelab();
    init(&repo, &[]);
    repo.replace(DOCUMENTS[1], "## With qgroget\n", "## With the program\n");
    repo.replace(
        DOCUMENTS[2],
        "## A new service\n",
        "We have a form for this.\n\n## A new service\n",
    );
    repo.replace(DOCUMENTS[2], "- `journalctl` (", "- our words: `journalctl` (");
    repo.commit_all("our words");
    repo.run(&[&ADD_FIELD[..], &["--yes", "--no-verify"]].concat())
        .succeeds();
    let guide = repo.read(DOCUMENTS[2]);
    assert!(guide.contains("We have a form for this.") && guide.contains("our words: `journalctl`"));
    assert!(guide.contains("- `icon` (`str`, default `\"\"`)"));
    repo.migrate(&["--all", "--accept-gains"]).succeeds();
    repo.run(&["cleanup", "--dry-run", "--no-verify"])
        .succeeds()
        .says("a part of docs/migration-guide.md that holds no more")
        .says("somebody has written there since it was installed")
        .says("keep the documents of the contract true");
    repo.run(&["cleanup", "--yes", "--no-verify"]).succeeds();
    let guide = repo.read(DOCUMENTS[1]);
    assert!(guide.contains("## With the program") && !guide.contains("## Before and after"));
}

#[test]
fn what_is_not_wished_for_is_not_brought_and_not_spoken_of() {
    let repo = Repo::homelab();
    init(&repo, &["--without", "docs,tests"]);
    assert!(repo.exists("modules/server/_template/default.nix"));
    assert!(!repo.exists("docs") && !repo.exists("tests/collector"));
    assert!(!repo.read("modules/server/_template/default.nix").contains("docs/"));
    // What was left out can be brought later, whichever it is.
    repo.run(&["init", "--dry-run", "--without", "docs,tests"])
        .succeeds()
        .says("nothing to do");
    init(&repo, &["--with", "integration"]);
    assert!(repo.exists("tests/integration/routing.nix") && !repo.exists("docs"));
    init(&repo, &["--with", "docs"]);
    assert!(repo.exists("docs") && !repo.exists("tests/collector"));
    assert_true(&repo);
    init(&repo, &[]);
    assert!(repo.exists("tests/collector/eval-test.nix"));

    let repo = rack();
    init(&repo, &["--without", "template"]);
    assert!(!repo.exists("nixos/services/_template"));
    assert_true(&repo);
    repo.run(&["init", "--with", "docs", "--without", "tests"]).ends(2);
}

/// Each part is a group of its own, so that a person is asked about each.
#[test]
fn each_part_is_a_question() {
    let repo = Repo::homelab();
    let plan = repo.run(&["init", "--dry-run", "--format", "json"]).succeeds().json();
    let groups = plan["services"][0]["groups"].as_array().unwrap();
    let kinds: Vec<&str> = groups.iter().map(|group| group["kind"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        ["contract", "settings", "middlewares", "template", "tests", "documents"]
    );
}
