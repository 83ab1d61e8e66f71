//! The lines of the checklist.

use qgroget::plan::kinds;
use qgroget::rules::parts;

use super::Case;
use super::message::items;
use super::tree::Tree;

/// A line: what it is about, whether its box is ticked, and the reason beside it.
struct Line {
    text: String,
    ticked: bool,
    reason: String,
}

fn lines(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    for item in items(text) {
        let Some((mark, rest)) = item.strip_prefix('[').and_then(|rest| rest.split_once("] ")) else {
            continue;
        };
        let (text, reason) = rest.split_once(" (").unwrap_or((rest, ""));
        lines.push(Line {
            text: text.to_owned(),
            ticked: mark == "x",
            reason: reason.strip_suffix(')').unwrap_or(reason).to_owned(),
        });
    }
    lines
}

/// Checks every line; returns how many there were.
pub fn check(case: &Case, text: &str, proved: bool) -> usize {
    let lines = lines(text);
    assert_eq!(lines.len(), 9, "{}", case.what);
    for line in &lines {
        let what = format!("{}: {} ({})", case.what, line.text, line.reason);
        let missing = line.reason.strip_prefix("not applicable: ");
        // An open box has its reason, a ticked one is proved or has nothing to prove.
        assert!(line.ticked || !line.reason.is_empty(), "{what}");
        assert!(
            !line.ticked || missing.is_some() || (proved && line.reason.is_empty()),
            "{what}"
        );
        assert_eq!(line.ticked, missing.is_some() || line.reason.is_empty(), "{what}");
        match missing {
            Some(_) => assert!(nothing_there(case, &line.text), "{what}"),
            None if line.ticked => assert!(something_there(case, &line.text), "{what}"),
            None => assert!(open(case, line, proved), "{what}"),
        }
    }
    lines.len()
}

/// Whether the tree has nothing that a line is about.
fn nothing_there(case: &Case, line: &str) -> bool {
    let (service, after) = (case.service, &case.after);
    match line {
        "Persistence paths" => {
            let keeps = state_of(case).is_some() && persists(case);
            !after.says(service, "persistedData") && !keeps && !case.declined(kinds::PERSISTENCE)
        }
        "Backup directories" => {
            let keeps = state_of(case).is_some() || after.says(service, "databases");
            let declined = case.declined(kinds::BACKUP) || case.declined(kinds::GAIN);
            !after.says(service, "backupPaths") && !keeps && !declined
        }
        "Traefik routing if exposed" => !after.says(service, "exposed"),
        "Database if needed" => !after.says(service, "databases"),
        "Secrets if needed" => !has_secrets(case) && !reads_secrets(case),
        "`nix flake check` passes" => !after.repo.has("flake.nix".as_ref()),
        _ => false,
    }
}

/// Whether the tree has something that a ticked line is about, and nothing of it was declined.
fn something_there(case: &Case, line: &str) -> bool {
    let (service, after) = (case.service, &case.after);
    match line {
        "Contract with all required fields" => !after.contract(service, "domain").is_empty(),
        "Persistence paths" => {
            !case.declined(kinds::PERSISTENCE)
                && (after.says(service, "persistedData") || !case.proposed.contains(&kinds::PERSISTENCE))
        }
        "Backup directories" => {
            let by_others = |directory: String| !not_saved(case, &directory);
            let saved = after.says(service, "backupPaths") || state_of(case).is_some_and(by_others);
            !case.declined(kinds::BACKUP) && !case.declined(kinds::GAIN) && saved
        }
        "Traefik routing if exposed" => after.says(service, "exposed"),
        "Database if needed" => !case.declined(kinds::DATABASES) && after.says(service, "databases"),
        "Secrets if needed" => !case.declined(kinds::SECRETS) && (has_secrets(case) || reads_secrets(case)),
        _ => false,
    }
}

/// Whether the reason of an open line is one.
fn open(case: &Case, line: &Line, proved: bool) -> bool {
    let (service, after) = (case.service, &case.after);
    let reason = line.reason.as_str();
    if reason == "not proved by this run" {
        return !proved;
    }
    if reason.starts_with("no import of ") {
        let namespace = &after.rules().namespaces.contract;
        let home = after.below(&Tree::option(namespace, service, &["domain"]));
        let home = home.first().expect("a contract").file.clone();
        return proved && after.naming(&home, false).is_empty();
    }
    if reason.starts_with("it is off on ") {
        let on = after
            .contract(service, "enable")
            .iter()
            .any(|binding| binding.text() == "true");
        return proved && !on;
    }
    match line.text.as_str() {
        "Persistence paths" if reason.contains(", which is ") || reason.contains("it leaves ") => foreign(case, reason),
        "Persistence paths" => match between(reason, "no list of persistent directories has its state in ") {
            Some(directory) => persists(case) && !named(case, "persistedData", directory) && speaks_of(case, directory),
            None => case.declined(kinds::PERSISTENCE) && reason.starts_with("declined"),
        },
        "Backup directories" if reason == "it keeps its data in a database, and its contract backs nothing up" => {
            (after.says(service, "databases") || case.declined(kinds::DATABASES)) && !after.says(service, "backupPaths")
        }
        "Backup directories" => match (
            reason.strip_prefix("it keeps state that no backup has: "),
            between(reason, "no backup is known to have its state in "),
        ) {
            (Some(paths), _) => not_saved(case, paths),
            (None, Some(directory)) => is_state(case, directory) && not_saved(case, directory),
            (None, None) => {
                let jobs = case.declined(kinds::BACKUP) && reason.contains("backup job");
                let gap = case.declined(kinds::GAIN) && !reason.contains("backup job");
                reason.starts_with("declined") && (jobs || gap)
            }
        },
        "Database if needed" => !after.says(service, "databases"),
        "Secrets if needed" => case.declined(kinds::SECRETS) && reason.starts_with("declined"),
        "VM test passes" => tested(case, reason),
        "`nix flake check` passes" => reason == "not run" && after.repo.has("flake.nix".as_ref()),
        "Tested on the actual server" => true,
        _ => false,
    }
}

/// Whether no backup of the tree names one of these paths.
pub fn not_saved(case: &Case, paths: &str) -> bool {
    let saved = case.after.saved();
    let quoted = |path: &str| format!("\"{path}\"");
    paths
        .split(", ")
        .all(|path| !saved.iter().any(|text| text.contains(&quoted(path))))
}

/// Whether state is in foreign hands: of `it persists D, which is B's, …` or `it leaves D to B: …`.
pub fn foreign(case: &Case, reason: &str) -> bool {
    let directory = reason.split(' ').find(|word| word.starts_with('/')).unwrap_or_default();
    let directory = directory.trim_end_matches(',');
    let other = match reason.split_once(", which is ") {
        Some((_, rest)) => rest.split("'s").next(),
        None => reason.split_once(" to ").and_then(|(_, rest)| rest.split(':').next()),
    };
    let last = directory.rsplit('/').next().unwrap_or_default();
    other.is_some_and(|other| {
        let (keeper, owner) = match reason.contains(", which is ") {
            true => (case.service, other),
            false => (other, case.service),
        };
        keeper != owner
            && !last.is_empty()
            && !case.after.contract(owner, "domain").is_empty() | case.after.is_legacy(owner)
    })
}

/// The directory of a reason that advises a field.
fn between<'r>(reason: &'r str, before: &str) -> Option<&'r str> {
    reason
        .strip_prefix(before)?
        .split(": if it has to be ")
        .next()?
        .split(": if it has to ")
        .next()
}

/// The directory that the contract names, without what reads a `let`; `None` for `null`.
fn state_of(case: &Case) -> Option<String> {
    let named = case.after.contract(case.service, "dataDir");
    let text = named.first()?.text();
    (text != "null").then(|| text.trim_matches('"').to_owned())
}

fn is_state(case: &Case, directory: &str) -> bool {
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    state_of(case).is_some_and(|state| last(&state) == last(directory) || !state.contains('/'))
}

/// Whether the service's module names the directory, by the last part of its path.
fn speaks_of(case: &Case, directory: &str) -> bool {
    let last = directory.rsplit('/').next().unwrap_or_default();
    is_state(case, directory) || home(case).is_some_and(|text| text.contains(last))
}

/// The text of the file that has the service's contract.
fn home(case: &Case) -> Option<String> {
    let namespace = &case.after.rules().namespaces.contract;
    let home = case.after.below(&Tree::option(namespace, case.service, &["domain"]));
    let text = case.after.repo.text(&home.first()?.file)?;
    Some(text.to_string())
}

/// Whether the machine has lists of persistent directories.
fn persists(case: &Case) -> bool {
    let lists = &case.after.rules().persistence.options;
    let some = |option: &String| !case.after.below(&parts(option)).is_empty();
    let contracts = case.after.below(&parts(&case.after.rules().namespaces.contract));
    let by_contract = |binding: &&super::tree::Binding| binding.path.last() == Some(&Some("persistedData".to_owned()));
    lists.iter().any(some) || contracts.iter().any(by_contract)
}

/// Whether the contract's list names a directory.
fn named(case: &Case, field: &str, directory: &str) -> bool {
    let lists = case.after.contract(case.service, field);
    lists
        .iter()
        .any(|list| list.text().contains(&format!("\"{directory}\"")))
}

fn reads_secrets(case: &Case) -> bool {
    let text = home(case).expect("its file");
    [
        "config.sops.",
        "config.age.",
        "/run/secrets/",
        "/run/agenix/",
        "LoadCredential",
    ]
    .iter()
    .any(|read| text.contains(read))
}

fn has_secrets(case: &Case) -> bool {
    let namespace = &case.after.rules().namespaces.contract;
    let home = case.after.below(&Tree::option(namespace, case.service, &["domain"]));
    let home = &home.first().expect("a contract").file;
    let secrets = case.after.below(&["sops"]);
    secrets.iter().any(|binding| {
        let named = binding
            .path
            .iter()
            .flatten()
            .any(|name| name.split(['/', '-']).any(|part| part == case.service));
        binding.file == *home || named
    })
}

/// Whether the reason beside the line of the VM test is so.
fn tested(case: &Case, reason: &str) -> bool {
    let after = &case.after;
    if let Some(path) = reason.strip_suffix(" is new and was not run") {
        return after.repo.has(path.as_ref()) && !case.before.repo.has(path.as_ref());
    }
    let namespace = &after.rules().namespaces.contract;
    let module = &after.below(&Tree::option(namespace, case.service, &["domain"]))[0].file;
    let switched = after.in_tests(&Tree::option(namespace, case.service, &["enable"]));
    let mut tests = after.naming(module, true);
    tests.extend(switched.iter().map(|binding| binding.file.clone()));
    let own = |file: &std::path::PathBuf| !file.components().any(|part| part.as_os_str() == "integration");
    tests.retain(own);
    match reason.strip_suffix(" was not run") {
        Some(path) => case.before.repo.has(path.as_ref()) && tests.contains(&path.into()),
        None => reason == "it has no test" && tests.is_empty(),
    }
}
