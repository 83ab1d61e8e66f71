//! Proofs, and commits that are proved once more.

use std::path::PathBuf;

use super::list;

/// What a change gains, beside which nothing differs.
pub fn gained(sentence: &str) -> String {
    format!("  gained    {sentence}")
}

/// What follows on the machine from a gain.
pub fn follows(sentence: &str) -> String {
    format!("  therefore {sentence}")
}

/// Where nothing that is evaluated reads what is gained.
pub const NOTHING_FOLLOWS: &str =
    "            nothing else in this configuration changes by it: look whether something makes the backup";

/// A difference where there are several hosts.
pub fn on_host(host: &str, sentence: &str) -> String {
    format!("on {host}: {sentence}")
}

/// Asks whether the new orders are wanted; `sentences` say which.
pub const REORDERING_QUESTION: &str = "Take the new order [y,n]? ";

/// A list whose elements are the same in another order, and whether that can mean something.
pub fn reordered(sentence: &str, can_mean: bool) -> String {
    let means = if can_mean { "" } else { ", which means nothing there" };
    format!("  reordered {sentence}{means}")
}

/// Shown where the installation of the contract is proved.
pub const UPGRADE_DIFFERS: &str = "this is what the newer contract does otherwise: to have it, run again with --no-verify, and see qgroget verify HEAD~1 afterwards";
pub const REST_PROVED: &str = "Beside that the configuration is preserved";
pub const NOT_EVALUATED_BEFORE: &str =
    "The configuration did not evaluate before, so that what comes back cannot be listed";

/// What is altered by what was taken for that.
pub fn altered(sentences: &[&str]) -> String {
    const SHOWN: usize = 12;
    if sentences.is_empty() {
        return "Nothing on the machine differs with what is put back".to_owned();
    }
    let lines = sentences.iter().take(SHOWN).map(|one| format!("\n  {one}"));
    let more = match sentences.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!("\n  and {more} more"),
    };
    format!("With what is put back:{}{more}", lines.collect::<String>())
}
pub const INIT_PROVED: &str = "The configuration is preserved";

/// Shown where the removal of the legacy option is proved.
pub fn cleanup_proved(option: &str) -> String {
    format!("The configuration is preserved: nothing goes but {option} itself")
}

/// Uncommitted changes that are not in the proof.
pub fn uncommitted(paths: &[std::path::PathBuf]) -> String {
    const SHOWN: usize = 3;
    let mut text: Vec<String> = paths
        .iter()
        .take(SHOWN)
        .map(|path| path.display().to_string())
        .collect();
    let more = paths.len().saturating_sub(SHOWN);
    if more > 0 {
        text.push(format!("{more} more"));
    }
    let last = text.pop().unwrap_or_default();
    let list = match text.is_empty() {
        true => last,
        false => format!("{} and {last}", text.join(", ")),
    };
    format!("proved is the last commit with the change: your uncommitted changes are not in it ({list})")
}

/// Shown where nix cannot evaluate and there is no checklist.
pub fn not_proved(why: &str) -> String {
    format!("not proved by evaluation: {why}")
}

/// Shown where nix cannot evaluate.
pub fn unproved(why: &str) -> String {
    format!("not proved by evaluation: {why}; the checklist stays open")
}

pub const PROVING: &str = "evaluating before and after";
pub const NO_MIGRATIONS: &str = "no commit of this history migrates a service: nothing to verify";

/// Beside the proof of a commit that was made with what its plan declares.
pub const AS_DECLARED: &str = "compared with the state before and what the plan declares to change: what is gained, or a job's list in its new order";

/// Of a commit that is judged together with the one before it.
pub fn with_its_move(first: &str) -> String {
    format!(
        "together with {}, which moved the module for it",
        &first[..10.min(first.len())]
    )
}

pub const CHANGED_SINCE: &str = "this commit was changed after it was made";

/// What is gained by a commit of the tool, which was accepted if it holds, or if the commit still is the one that was made.
pub fn gains_of_a_commit(holds: bool, as_made: bool) -> &'static str {
    match (holds, as_made) {
        (true, _) => "what it gains was accepted when it was made: its verdict is the one that it had",
        (false, true) => "the commit is as it was made, and what comes before it is not: its verdict is another one",
        (false, false) => "nobody accepted what it gains",
    }
}

/// Services with a contract that no commit of the tool brought.
pub fn unlisted(services: &[String]) -> String {
    format!(
        "not proved, since no commit of qgroget in this history brought their contracts: {}",
        services.join(", ")
    )
}

/// What a commit that was changed since says to gain, and does not.
pub fn gained_no_more(options: &[String]) -> String {
    format!(
        "its message says that {} has more than before, and it has not",
        options.join(", ")
    )
}

/// An order that a commit of the tool changed, and that its message says was accepted.
pub fn order_of_a_commit(option: &str) -> String {
    format!("the order of {option} was accepted when it was made: its verdict is the one that it had")
}

/// A legacy option that was removed with what stood below it.
pub fn gone(option: &str, count: usize) -> String {
    let values = match count {
        1 => "one value".to_owned(),
        _ => format!("{count} values"),
    };
    format!("{option} is no longer declared: {values} below it went with it, and what reads them is compared")
}

/// A commit of the tool that cannot be proved once more.
pub fn not_proved_again(error: &crate::error::Error) -> String {
    let hints = error.hints().iter().filter(|hint| !hint.contains("--no-verify"));
    let hints = hints.map(|hint| format!("\n  {}", hint.replace('\n', "\n  ")));
    format!("NOT proved: {}{}", error.message(), hints.collect::<String>())
}

pub const WORKING_TREE: &str = "the working tree";

/// Migrated modules that were imported, and by now are not.
pub fn no_longer_imported(modules: &[PathBuf]) -> String {
    format!(
        "no host imports these modules any more, though one did when they were migrated: {}",
        list(modules)
    )
}

/// Nix files that a flake would not see.
pub fn untracked(paths: &[PathBuf]) -> String {
    const SHOWN: usize = 3;
    let more = match paths.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let shown = list(&paths[..paths.len().min(SHOWN)]);
    format!("compared with the rest, but not tracked by git, so that a flake does not see it: {shown}{more}")
}

/// How two systems are compared derivation by derivation.
pub fn by_derivation(before: &str, after: &str, host: &str) -> String {
    let path = |flake: &str| {
        format!(
            "$(nix --extra-experimental-features 'nix-command flakes' eval --raw '{flake}#nixosConfigurations.\"{host}\".config.system.build.toplevel.drvPath')"
        )
    };
    format!("derivation by derivation:\n  nix-diff {} {}", path(before), path(after))
}

/// The services whose plans a map lacks.
pub fn not_on_the_map(refused: &[(String, crate::error::Error)]) -> String {
    let names: Vec<String> = refused
        .iter()
        .map(|(name, error)| format!("{name} [{}]", error.code()))
        .collect();
    format!(
        "not planned, so that they stay where they are after as well: {}",
        names.join(", ")
    )
}

pub fn page_written(path: &std::path::Path) -> String {
    format!("wrote {}", path.display())
}
