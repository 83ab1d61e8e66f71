//! The sentences of a commit message.

use std::path::{Path, PathBuf};

use qgroget::plan::kinds;

use super::Case;
use super::tree::Tree;

/// The items of the message above its checklist, each in one line.
pub fn items(text: &str) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("- "), line.strip_prefix("  ")) {
            (Some(item), _) => items.push(item.to_owned()),
            (None, Some(rest)) => {
                let last = items.last_mut().expect("an item goes on");
                last.push(' ');
                last.push_str(rest.trim_start());
            }
            _ => {}
        }
    }
    items
}

/// Checks every sentence; returns how many there were.
pub fn check(case: &Case, text: &str) -> usize {
    let all = items(text);
    let said: Vec<&str> = all
        .iter()
        .map(String::as_str)
        .filter(|item| !item.starts_with('['))
        .collect();
    for sentence in &said {
        let known =
            contract(case, sentence) || collector(case, sentence) || test(case, sentence) || removal(case, sentence);
        assert!(known, "{}: nothing knows the sentence {sentence:?}", case.what);
    }
    unsaid(case, &said);
    said.len()
}

/// Asserts what a sentence claims; `true`, since it is known.
pub fn holds(case: &Case, sentence: &str, holds: bool) -> bool {
    assert!(holds, "{}: the tree does not show {sentence:?}", case.what);
    true
}

fn contract(case: &Case, sentence: &str) -> bool {
    let (service, after) = (case.service, &case.after);
    let namespaces = &after.rules().namespaces;
    if let Some(path) = sentence.strip_prefix("declares the service's contract in its own file, ") {
        let path = Path::new(path);
        let others = |namespace: &str| {
            let depth = namespace.split('.').count();
            let names: Vec<&str> = namespace.split('.').collect();
            let here = after.below(&names).into_iter().filter(|binding| binding.file == path);
            let names = here.filter_map(|binding| {
                let at = binding
                    .path
                    .windows(depth)
                    .position(|part| part.iter().zip(&names).all(|(own, name)| own.as_deref() == Some(*name)))?;
                binding.path.get(at + depth).cloned().flatten()
            });
            names.filter(|name| name != service).count()
        };
        let declared = after.below(&Tree::option(&namespaces.contract, service, &[]));
        let here = declared.iter().any(|binding| binding.file == path);
        let alone = others(&namespaces.contract) + others(&namespaces.services) == 0;
        return holds(case, sentence, after.repo.has(path) && here && alone);
    }
    if sentence.starts_with("no import of ") {
        let home = after.below(&Tree::option(&namespaces.contract, service, &["domain"]));
        let home = home.first().expect("a contract").file.clone();
        return holds(case, sentence, after.naming(&home, false).is_empty());
    }
    let settings = |path: &str, value: &str| {
        let there = after.contract(service, "enable").into_iter();
        let mut there = there.filter(|binding| binding.file == Path::new(path));
        there.any(|binding| binding.text() == value)
    };
    if let Some(path) = sentence.strip_prefix("enables the service in the host's settings, ") {
        return holds(case, sentence, settings(path, "true"));
    }
    if let Some(rest) = sentence.strip_prefix("says in the host's settings, ") {
        let path = rest.split_once(", that the service is off").map(|(path, _)| path);
        return holds(case, sentence, path.is_some_and(|path| settings(path, "false")));
    }
    if let Some(names) = sentence.strip_prefix("says what the service depends on: ") {
        return holds(case, sentence, all_named(case, "dependsOn", names));
    }
    if let Some(names) = sentence.strip_prefix("declares the service's databases: ") {
        return holds(case, sentence, all_named(case, "databases", names));
    }
    if sentence == "the implementation reads the database's connection from the contract" {
        let home = after.contract(service, "databases");
        let text = home.first().and_then(|binding| after.repo.text(&binding.file));
        // Once in the contract itself, and again where it is read.
        let reads = text.is_some_and(|text| text.matches("database").count() > 1 && text.contains("config."));
        return holds(case, sentence, reads);
    }
    false
}

/// Whether a field of the contract has each of these names.
fn all_named(case: &Case, field: &str, names: &str) -> bool {
    let fields = case.after.contract(case.service, field);
    let has = |name: &str| {
        fields
            .iter()
            .any(|binding| binding.text().contains(&format!("\"{name}\"")))
    };
    names.split(", ").all(has)
}

fn collector(case: &Case, sentence: &str) -> bool {
    let (service, after) = (case.service, &case.after);
    if let Some(what) = sentence.strip_prefix("the collector takes ") {
        let taken = match what.strip_suffix(" from the contract") {
            Some("persistence and backups") => ["persistedData", "backupPaths"]
                .iter()
                .all(|field| after.says(service, field)),
            Some("persistence") => after.says(service, "persistedData") && !after.says(service, "backupPaths"),
            Some("backups") => after.says(service, "backupPaths") && !after.says(service, "persistedData"),
            _ => false,
        };
        return holds(case, sentence, taken);
    }
    if sentence == "readers of the legacy options see the service through the bridge" {
        let bridge = after.rules().paths.server.join("legacy-bridge.nix");
        let off = after
            .contract(service, "enable")
            .iter()
            .any(|binding| binding.text() == "false");
        let shown = after.says(service, "exposed") && !off && !after.naming(&bridge, false).is_empty();
        return holds(case, sentence, after.repo.has(&bridge) && shown);
    }
    if let Some(what) = sentence.strip_suffix(" held with the service off, too, and from now on only with it on") {
        let all = [("persistence", kinds::PERSISTENCE), ("backups", kinds::BACKUP)];
        let named = all
            .iter()
            .filter(|(word, _)| what.split(" and ").any(|own| own == *word));
        return holds(
            case,
            sentence,
            named.clone().count() > 0 && named.clone().all(|(_, kind)| case.did(kind)),
        );
    }
    if sentence == "backs up the directories that the service declares and that nothing read before" {
        let gained = after.says(service, "backupPaths") && case.before.job(service).is_empty();
        return holds(case, sentence, gained && case.did(kinds::GAIN));
    }
    false
}

fn test(case: &Case, sentence: &str) -> bool {
    let (service, after) = (case.service, &case.after);
    let namespace = &after.rules().namespaces.contract;
    if sentence == "the existing test imports the module at its new place" {
        let modules = after.below(&Tree::option(namespace, service, &["domain"]));
        let module = modules.first().expect("a contract").file.clone();
        let tests = after.naming(&module, true);
        let old = tests.iter().any(|test| case.before.repo.has(test));
        return holds(case, sentence, old && !case.before.repo.has(&module));
    }
    if sentence == "the existing test turns the service on through the contract" {
        let tests = after.in_tests(&Tree::option(namespace, service, &["enable"]));
        return holds(
            case,
            sentence,
            tests.iter().any(|binding| case.before.repo.has(&binding.file)),
        );
    }
    if let Some(rest) = sentence
        .strip_prefix("adds ")
        .and_then(|rest| rest.strip_suffix("; not run yet"))
    {
        let (path, claim) = rest.split_once([',', ';']).expect("a path and what becomes of it");
        let path = PathBuf::from(path);
        let flake = after.repo.text(Path::new("flake.nix"));
        let there = after.repo.has(&path) && !case.before.repo.has(&path);
        let claimed = match claim.trim() {
            "without a flake it is no check" => flake.is_none(),
            "it is no check of the flake yet, since it was not shown to evaluate" => {
                flake.is_some_and(|text| !text.contains(&format!("/{service} {{")))
            }
            claim => match claim.strip_prefix("the flake check ") {
                Some(check) => flake.is_some_and(|text| text.contains(check)),
                None => flake.is_some_and(|text| !text.contains(&format!("/{service} {{"))),
            },
        };
        return holds(case, sentence, there && claimed);
    }
    false
}

fn removal(case: &Case, sentence: &str) -> bool {
    let (service, after) = (case.service, &case.after);
    if sentence == "the legacy declarations of the service are gone" {
        return holds(
            case,
            sentence,
            case.before.is_legacy(service) && !after.is_legacy(service),
        );
    }
    if let Some(left) = sentence.strip_prefix("the legacy declarations of the service are gone, except ") {
        let stands = |path: &str| !after.below(&path.split('.').collect::<Vec<_>>()).is_empty();
        return holds(
            case,
            sentence,
            case.before.is_legacy(service) && left.split(", ").all(stands),
        );
    }
    let job = sentence
        .strip_prefix("the legacy backup job ")
        .and_then(|rest| rest.strip_suffix(" is gone"));
    if let Some(job) = job {
        return holds(
            case,
            sentence,
            !case.before.job(job).is_empty() && after.job(job).is_empty(),
        );
    }
    let part = sentence.strip_prefix("the service's part of the legacy backup job ");
    if let Some(job) = part.and_then(|rest| rest.strip_suffix(" is gone; the job stands for the rest")) {
        let (before, now) = (case.before.job(job), after.job(job));
        return holds(case, sentence, !now.is_empty() && before != now);
    }
    false
}

/// What the tree shows and the message has to say.
fn unsaid(case: &Case, said: &[&str]) {
    let (service, after) = (case.service, &case.after);
    let says = |beginning: &str| said.iter().any(|sentence| sentence.starts_with(beginning));
    let expected = [
        (
            case.before.is_legacy(service),
            "the legacy declarations of the service are gone",
        ),
        (after.says(service, "persistedData"), "the collector takes persistence"),
        (case.did(kinds::GAIN), "backs up the directories"),
        (case.did(kinds::TEST), "adds "),
        (case.did(kinds::DEPENDENCIES), "says what the service depends on"),
    ];
    for (there, beginning) in expected {
        assert_eq!(there, says(beginning), "{}: {beginning:?} in {said:?}", case.what);
    }
}
