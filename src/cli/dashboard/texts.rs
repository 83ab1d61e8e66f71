//! What the dashboard says.

use std::path::Path;

use crate::commit::Pending;
use crate::review::texts::count;
use crate::status::{Status, Totals};

pub const HOST: &str = "host";
pub const CONTRACT: &str = "contract";
pub const SERVICES: &str = "services";
pub const FILES: &str = "files";
pub const GAPS: &str = "gaps";
pub const OPEN: &str = "open";
pub const BLOCKED: &str = "blocked";
pub const UNTESTED: &str = "not tested";
pub const UNFINISHED: &str = "unfinished";
/// Before the command that comes next, and below it.
pub const NEXT: &str = "Next: ";
pub const UNDER: &str = "      ";

/// How many names are given before the rest is only counted.
const NAMED: usize = 5;

pub fn contract(installed: bool, whole: bool) -> &'static str {
    match (installed, whole) {
        (true, true) => "installed",
        (true, false) => "installed, and something of it is missing",
        (false, _) => "not installed",
    }
}

pub fn services(totals: &Totals) -> String {
    let mut text = format!("{} of {} migrated", totals.migrated, totals.services);
    let rest = [(totals.legacy, "legacy"), (totals.undeclared, "undeclared")];
    for (number, what) in rest.into_iter().filter(|(number, _)| *number > 0) {
        text.push_str(&format!(", {number} {what}"));
    }
    text
}

fn named<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let all: Vec<&str> = names.collect();
    let rest = match all.len().saturating_sub(NAMED) {
        0 => String::new(),
        rest => format!(" and {rest} more"),
    };
    format!("{}{rest}", all[..all.len().min(NAMED)].join(", "))
}

pub fn faults(number: usize) -> String {
    format!(
        "{} could not be read, so that something may be missing here: qgroget status",
        count(number, "place", "places")
    )
}

pub fn gaps(status: &Status) -> String {
    let with_gaps = status.services.iter().filter(|service| !service.gaps.is_empty());
    let number: usize = status.services.iter().map(|service| service.gaps.len()).sum();
    format!("{number}, of {}", named(with_gaps.map(|service| service.name.as_str())))
}

/// What is left of services that have their contract.
pub fn open(open: &[(String, usize)]) -> String {
    let number = open.iter().map(|(_, count)| count).sum();
    let names = named(open.iter().map(|(name, _)| name.as_str()));
    let next = open.first().map_or("", |(name, _)| name);
    format!(
        "{} of migrated services, of {names}: qgroget migrate {next}",
        count(number, "change", "changes")
    )
}

/// The command for what is left of a service that has its contract.
pub fn migrate_the_rest(name: &str, open: usize) -> (String, String) {
    (
        format!("qgroget migrate {name}"),
        format!(
            "it has its contract, and {} open: shows what would change, and asks",
            count(open, "change is", "changes are")
        ),
    )
}

pub fn blocked(status: &Status) -> String {
    let blocked = status.services.iter().filter(|service| service.blocked.is_some());
    named(blocked.map(|service| service.name.as_str()))
}

pub fn untested(names: &[String]) -> String {
    format!(
        "on the server, as far as it was noted: {}",
        named(names.iter().map(String::as_str))
    )
}

pub fn unfinished(pending: &Pending) -> String {
    match pending.running {
        Some(process) => format!("`{}` is writing now (process {process})", pending.intent),
        None => format!("`{}` was interrupted", pending.intent),
    }
}

/// The command that ends an unfinished run: the same once more.
pub fn end_it(pending: &Pending) -> (String, String) {
    let words: Vec<&str> = pending.intent.split(' ').collect();
    let command = match words[..] {
        // The contract, which came before the first migration.
        ["migrate", "init"] => "qgroget init".to_owned(),
        ["migrate" | "undo" | "new", _] | ["init" | "cleanup" | "undo"] => format!("qgroget {}", pending.intent),
        [command, ..] => format!("qgroget {command} …"),
        [] => "qgroget status".to_owned(),
    };
    let why = match pending.running {
        Some(_) => "once the run that is writing now has ended",
        None => "finishes or takes back what is half done, says which, and goes on from there",
    };
    (command, why.to_owned())
}

/// That there is nothing to speak of at `root`.
pub fn no_repository(root: &Path) -> String {
    let here = match root == Path::new(".") {
        true => "here".to_owned(),
        false => format!("at {}", root.display()),
    };
    format!("there is no repository of NixOS modules {here}: no flake.nix, no hosts, no qgroget.toml")
}

pub fn first_commit() -> (String, String) {
    (
        "git add -A && git commit".to_owned(),
        "qgroget commits on what is committed, and nothing is yet".to_owned(),
    )
}

pub fn init() -> (String, String) {
    (
        "qgroget init".to_owned(),
        "installs the contract, as a commit of its own; it shows all of it first, and asks (--dry-run only shows)"
            .to_owned(),
    )
}

pub fn complete() -> (String, String) {
    (
        "qgroget init".to_owned(),
        "puts in what is missing of the contract; it shows all of it first, and asks (--dry-run only shows)".to_owned(),
    )
}

pub fn upgrade() -> (String, String) {
    (
        "qgroget init".to_owned(),
        "upgrades the contract, which an earlier qgroget installed; it shows what becomes of what you have changed in it, and asks (--dry-run only shows)"
            .to_owned(),
    )
}

pub fn migrate(name: &str, left: usize) -> (String, String) {
    let others = match left - 1 {
        0 => "the last one".to_owned(),
        others => format!("{others} more after it"),
    };
    (
        format!("qgroget migrate {name}"),
        format!("shows what would change, and asks (--dry-run only shows); {others}"),
    )
}

pub fn blocked_all(left: usize) -> (String, String) {
    (
        "qgroget status".to_owned(),
        format!(
            "says what is in the way of the {} left",
            count(left, "service that is", "services that are")
        ),
    )
}

pub fn cleanup() -> (String, String) {
    (
        "qgroget cleanup".to_owned(),
        "nothing is declared the old way any more: takes the legacy options away, after showing it and asking"
            .to_owned(),
    )
}

/// `cleanup` says whether the legacy pattern is there still, though no service needs it.
pub fn undeclared(name: &str, module: &Path, cleanup: bool) -> (String, String) {
    let or = match cleanup {
        true => {
            "; or, where it is to stay like that, qgroget cleanup, which is taken back first where a service is taken back later"
        }
        false => "",
    };
    (
        format!("qgroget migrate {name} --from {}", module.display()),
        format!("it runs, and is declared in neither pattern{or}"),
    )
}

pub fn tested(name: &str) -> (String, String) {
    (
        format!("qgroget tested {name}"),
        "once you have tried it out on the server: notes that on its commit".to_owned(),
    )
}

pub fn check() -> (String, String) {
    (
        "qgroget check".to_owned(),
        "everything is migrated; this says whether the contracts are in order".to_owned(),
    )
}
