//! What commits say of a migration: the sentences, and the reasons beside the lines of the checklist.

use std::path::Path;

use crate::plan::vmtest::Registration;

pub fn contract(module: &Path, is_own: bool) -> String {
    let own = if is_own { " in its own file," } else { " in" };
    format!("declares the service's contract{own} {}", module.display())
}

/// A file that moves, in a commit that does nothing else.
pub fn moved(from: &Path, to: &Path, as_it_is: bool) -> String {
    let own = match as_it_is {
        true => "byte for byte",
        false => "byte for byte but for the relative paths in it",
    };
    format!("Moves, {own}:\n- {}\n  to {}", from.display(), to.display())
}

/// The files whose paths lead to the new place.
pub fn mended(paths: &[&Path]) -> String {
    let paths: Vec<String> = paths.iter().map(|path| format!("- {}", path.display())).collect();
    format!("Mends the paths that lead to it:\n{}", paths.join("\n"))
}
pub const NOTHING_ELSE: &str =
    "The migration to the contract is the next commit; both are one change for\n`qgroget undo`.";

pub fn setting(path: &Path, value: &str) -> String {
    let path = path.display();
    match value {
        "true" => format!("enables the service in the host's settings, {path}"),
        "false" => format!("says in the host's settings, {path}, that the service is off"),
        other => {
            let other = crate::syntax::in_one_line(other);
            format!("says in the host's settings, {path}, whether the service runs: {other}")
        }
    }
}

pub fn depends(on: &[String]) -> String {
    format!("says what the service depends on: {}", on.join(", "))
}
pub fn databases(names: &[String]) -> String {
    format!("declares the service's databases: {}", names.join(", "))
}
pub const READS: &str = "the implementation reads the database's connection from the contract";

pub fn collected(what: &[&str]) -> String {
    format!("the collector takes {} from the contract", what.join(" and "))
}
pub fn follows_switch(what: &[&str]) -> String {
    format!(
        "{} held with the service off, too, and from now on only with it on",
        what.join(" and ")
    )
}
pub fn not_imported(host: &str) -> String {
    format!("no import of {host} leads to the module: nothing of it is in effect until one does")
}
pub const BRIDGED: &str = "readers of the legacy options see the service through the bridge";
pub const GAINED: &str = "backs up the directories that the service declares and that nothing read before";

pub const TEST_IMPORTS: &str = "the existing test imports the module at its new place";
pub const TEST_SWITCHES: &str = "the existing test turns the service on through the contract";

pub fn new_test(path: &Path, check: &str, registration: &Registration, has_flake: bool) -> String {
    let path = path.display();
    match (registration, has_flake) {
        (Registration::Registered, _) => format!("adds {path}, the flake check {check}; not run yet"),
        (Registration::NoPlace, true) => {
            format!("adds {path}; flake.nix has no place for its check {check}, which is left; not run yet")
        }
        (Registration::Unshown { .. }, true) => {
            format!("adds {path}; it is no check of the flake yet, since it was not shown to evaluate; not run yet")
        }
        (_, false) => format!("adds {path}; without a flake it is no check; not run yet"),
    }
}

pub const REMOVED: &str = "the legacy declarations of the service are gone";
pub fn removed_but(left: &[String]) -> String {
    format!(
        "the legacy declarations of the service are gone, except {}",
        left.join(", ")
    )
}

pub fn job(name: &str, stands: bool) -> String {
    match stands {
        false => format!("the legacy backup job {name} is gone"),
        true => format!("the service's part of the legacy backup job {name} is gone; the job stands for the rest"),
    }
}

// ── Beside the lines of the checklist ──

pub const NOT_PROVED: &str = "not proved by this run";
pub fn off(host: &str) -> String {
    format!("it is off on {host}, so that the proof has nothing of it")
}

pub fn unimported(host: &str) -> String {
    format!("no import of {host} leads to its module, which was compared by itself")
}

pub const PERSISTENCE_LEFT: &str = "declined: its directories stay declared where they were";
pub const NO_PERSISTENCE: &str = "it declares no persistent directories";
pub fn lasts(directory: &str) -> String {
    format!("its state is in {directory}, where everything survives a reboot")
}
pub fn not_persisted(directory: &str) -> String {
    format!(
        "no list of persistent directories has its state in {directory}: if it has to survive, name it in persistedData"
    )
}

pub fn jobs_left(jobs: &[&str]) -> String {
    match jobs {
        [job] => format!("declined: the backup job {job} stays declared as it was"),
        jobs => format!(
            "declined: the backup jobs {} stay declared as they were",
            jobs.join(", ")
        ),
    }
}
pub const GAP_LEFT: &str = "declined: what the service declares for backups and nothing read stays a comment";
pub const NO_BACKUP: &str = "nothing is found that it keeps";
pub fn not_saved(directory: &str) -> String {
    format!("no backup is known to have its state in {directory}: if it has to be saved, name it in backupPaths")
}
pub const DATABASE_DUMPED: &str = "its data is in a database, and services.postgresqlBackup dumps those";

pub const NO_ROUTE: &str = "its contract does not expose it";
pub const NO_DATABASE: &str = "none is found";
pub const DATABASE_LEFT: &str = "it is not declared";
pub const NO_SECRETS: &str = "none is found";
pub const SECRETS_LEFT: &str = "declined: they stay among the implementation";

pub const NO_TEST: &str = "it has no test";
pub fn test_new(test: &Path) -> String {
    format!("{} is new and was not run", test.display())
}
pub fn test_not_run(test: &Path) -> String {
    format!("{} was not run", test.display())
}
pub const NOT_RUN: &str = "not run";
pub const NO_FLAKE: &str = "there is no flake.nix";
pub const NOT_DEPLOYED: &str = "not deployed by this run";
