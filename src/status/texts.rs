//! What `status` says.

use crate::repo::hosts::Host;
use crate::review::texts::count;

pub const IMPORT_COMMENTED_OUT: &str = "has its import commented out";
pub const NOT_INSTALLED: &str = "the contract is not installed: qgroget init";

/// What is counted in two of the columns.
pub const COUNTS: &str = "KEPT, BACKUP: how many directories are persisted, how many paths backed up";
/// The third pattern.
pub const UNDECLARED: &str = "undeclared: it runs, and is declared in neither pattern";
/// Of a service that keeps more than its backup has.
pub const NOT_ALL_BACKED_UP: &str = "keeps something that no backup has";
/// Of what the code does not determine.
pub const NOT_KNOWN: &str = "is not known before evaluation";

/// Columns that a terminal is too narrow for.
pub fn no_room(columns: &[&str]) -> String {
    format!("no room for {}", columns.join(", "))
}

pub const BLOCKED: &str = "Blocked";
/// Over the columns of a service's pieces.
pub const PIECES: [&str; 3] = ["what", "stands at", "will stand at"];
/// In place of a target: the piece stays in its lines.
pub const STAYS: &str = "(stays)";
/// In place of a target: the piece goes.
pub const REMOVED: &str = "(removed)";
/// In place of an origin: the piece is new.
pub const NEW: &str = "(new)";
pub const NOTHING_PLANNED: &str = "Nothing of it is left to be migrated.";

/// A service in a line: its name and what is said of it.
pub fn service(facts: &[String]) -> String {
    facts.join(" · ")
}

/// What the places of a table are those of.
pub fn as_planned(service: &str, installs: bool) -> String {
    let first = match installs {
        true => "once the contract is installed (`qgroget init`), ",
        false => "",
    };
    format!("\"Will stand at\": {first}as `qgroget migrate {service}` would leave it; --dry-run shows every line.")
}

pub fn next(hint: &str) -> String {
    format!("next: {hint}")
}

/// The titles of groups that a person is asked about by themselves.
pub fn offered_besides(titles: &[String]) -> String {
    format!("Offered besides, by a question of its own: {}.", titles.join("; "))
}

/// Why it is not known whether an option is set.
pub fn may_be_set(file: &std::path::Path) -> String {
    format!(
        "nothing is seen to set it, and what {} sets cannot be seen",
        file.display()
    )
}

pub fn not_imported(host: &Host) -> String {
    format!("is not imported: no import of {} leads to its module", host.name)
}

pub fn enabled_nowhere(switch: &[String]) -> String {
    format!("is enabled nowhere: nothing sets {}", switch.join("."))
}

pub fn unread_field(field: &str) -> String {
    format!("says {field}, which nothing reads")
}

pub fn not_backed_up(paths: &[&str]) -> String {
    format!("keeps state that no backup has: {}", paths.join(", "))
}

pub const UNSAVED_DATABASE: &str = "keeps its data in a database, and its contract backs nothing up";

pub fn remnant(path: &str) -> String {
    format!("has {path} left of the old pattern")
}

pub fn persisted_twice(path: &str) -> String {
    format!("persists {path} by the contract and again here")
}

pub fn elsewhere(named: &[String], all: usize, sure: bool, host: &str) -> String {
    let rest = match all - named.len() {
        0 => String::new(),
        rest => format!(" and {rest} more"),
    };
    let files = match sure {
        true => count(all, "other file defines services", "other files define services"),
        false => format!("{all} other files seem to define services"),
    };
    format!("{files} and {host} is not made of them: {}{rest}", named.join(", "))
}

pub fn no_services(host: &str) -> String {
    format!("{host} has no services in either pattern")
}

/// Migrated services that nobody has said to have tested.
pub fn untested(services: &[String]) -> String {
    format!(
        "not tested on the server yet, as far as it was noted (`qgroget tested <service>`): {}",
        services.join(", ")
    )
}
