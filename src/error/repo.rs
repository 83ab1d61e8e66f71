//! Messages about the repository's files and hosts.

use std::path::Path;

use super::{Error, Place};

/// What git tracks it does not ignore.
const IGNORED: &str = "mend the file, or let git ignore it; where git tracks it, `git rm --cached` it too";

/// `--repo` names no directory.
pub fn no_directory(root: &Path) -> Error {
    Error::usage("no-directory", format!("{} is no directory", root.display()))
        .hint("name the repository's root: --repo DIR")
}

/// The repository's own rules cannot be read.
pub fn unreadable_settings(path: &Path) -> Error {
    Error::refused("unreadable", format!("{} cannot be read as text", path.display()))
        .reason("it says what things are called here; going on without it would be a guess")
        .hint("mend the file and run again")
}

/// A directory cannot be listed.
pub fn unlisted(path: &Path) -> Error {
    Error::refused("unreadable", format!("the directory {} cannot be read", path.display()))
        .reason("every Nix file is read, because any of them may mention what moves")
        .hint("mend its permissions, or let git ignore it")
}

/// A file cannot be read as text.
pub fn unreadable(path: &Path) -> Error {
    Error::refused("unreadable", format!("{} cannot be read as text", path.display()))
        .reason("every Nix file is read, because any of them may mention what moves")
        .hint(IGNORED)
}

/// A file of git's or of ours is larger than what is read, or none.
pub fn not_taken(path: &Path, why: &str) -> Error {
    Error::refused("beyond-limits", format!("{} is not read: {why}", path.display()))
        .reason("going on without what it says would be a guess")
        .hint("mend the file and run again")
}

/// A file that would be edited has other names on the disk.
pub fn hard_linked(path: &Path) -> Error {
    Error::refused(
        "hard-link",
        format!("{} has several names (hard links)", path.display()),
    )
    .reason("a new file takes its place when it is written, and the other names would keep the old text")
    .hint(format!(
        "make it a file of its own: cp -p {0} {0}.own && mv {0}.own {0}",
        path.display()
    ))
}

/// No host imports the server modules.
pub fn no_host(server: &Path, hosts: &Path) -> Error {
    Error::refused(
        "no-host",
        format!("no host in {} imports {}", hosts.display(), server.display()),
    )
    .reason("a service's enablement stands in the settings of the host that runs it")
    .hint("name the host: --host NAME")
    .hint("or set other places in qgroget.toml: [paths] server, hosts, settings")
}

/// There is no host at all.
pub fn no_hosts(hosts: &Path, is_there: bool) -> Error {
    let hosts = hosts.display();
    let message = match is_there {
        true => format!("{hosts} has no host: no directory with Nix files"),
        false => format!("the directory {hosts} is missing"),
    };
    Error::refused("no-host", message)
        .reason("each host has a directory of its own there; a service's enablement stands in the settings of the host that runs it")
        .hint("name the root of the repository: --repo DIR")
        .hint("or set other places in qgroget.toml: [paths] server, hosts, settings")
}

/// The one import of the server modules is commented out.
pub fn import_in_comment(server: &Path, place: Place) -> Error {
    Error::refused(
        "no-host",
        format!("the import of {} is commented out", server.display()),
    )
    .at(place)
    .reason("so no host runs the services; their enablement stands in the settings of the host that runs them")
    .hint("take the comment sign away")
    .hint("or name the host all the same: --host NAME")
}

/// Several hosts import the server modules, and none was named.
pub fn several_hosts(names: &[String]) -> Error {
    Error::usage(
        "several-hosts",
        format!("several hosts import the server modules: {}", names.join(", ")),
    )
    .hint(format!("name the one that runs the services: --host {}", names[0]))
}

/// `--host` names none.
pub fn unknown_host(name: &str, known: &[String]) -> Error {
    let error = Error::usage("unknown-host", format!("there is no host '{name}'"));
    match super::nearest(name, known) {
        Some(near) => error.hint(format!("did you mean '{near}'?")),
        None => error.hint(format!("hosts here: {}", known.join(", "))),
    }
}

/// A host has no settings file.
pub fn no_settings(host: &str, tried: &[String]) -> Error {
    Error::refused("no-settings", format!("host '{host}' has no settings file"))
        .reason(format!("looked for {}", tried.join(", ")))
        .hint("make one, import it from the host, and run again; or set [paths] settings in qgroget.toml")
}
