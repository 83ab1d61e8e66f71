//! What comes next: on the machine, and after a dry run.

pub const BUILD: &str = "build";
pub const TRY: &str = "try";
pub const LOOK: &str = "look at";
pub const GO_BACK: &str = "go back";
pub const GO_ON: &str = "go on";
pub const FAILED_UNITS: &str = "systemctl --failed";
/// How the machine goes back after a switch.
pub const ROLLBACK: &str = "nixos-rebuild switch --rollback";
pub const UNDO: &str = "qgroget undo";
pub const STATUS: &str = "qgroget status";
pub const CLEANUP: &str = "qgroget cleanup";

/// `changes` is how many of them there may be, each with a commit of its own.
pub fn undo_of(service: &str, changes: usize) -> String {
    match changes {
        0 | 1 => format!("qgroget undo {service}"),
        _ => format!("qgroget undo {service} (once a commit)"),
    }
}

pub fn migrate(service: &str, host: Option<&str>) -> String {
    format!("qgroget migrate {service}{}", of_host(host))
}

/// Where none of the services that are left can be migrated as it stands.
pub fn left(count: usize) -> String {
    match count {
        1 => "qgroget status, for the service that is left".to_owned(),
        _ => format!("qgroget status, for the {count} services that are left"),
    }
}

/// Over what comes next on these hosts, of which the first one is in the commands.
pub fn next_title(hosts: &[String]) -> String {
    match hosts {
        [host] => format!("Next, on {host}:"),
        [host, others @ ..] => format!("Next, on {host} (the same on {}):", others.join(", ")),
        [] => "Next:".to_owned(),
    }
}

/// How `nixos-rebuild` is told of a flake's configuration.
pub fn flake_of(root: &std::path::Path, host: &str) -> String {
    format!("--flake {}#{host}", crate::error::shell_word(&root.to_string_lossy()))
}

/// How `nixos-rebuild` is told of a configuration's file.
pub fn file_of(file: &std::path::Path) -> String {
    format!("-I nixos-config={}", crate::error::shell_word(&file.to_string_lossy()))
}

pub fn rebuild(action: &str, configuration: &Option<String>) -> String {
    match configuration {
        Some(configuration) => format!("nixos-rebuild {action} {configuration}"),
        None => format!("nixos-rebuild {action}"),
    }
}

/// In place of the names of services.
pub const ALL: &str = "--all";

/// The host that was named, as the next command has to name it.
pub fn of_host(host: Option<&str>) -> String {
    host.map_or_else(String::new, |host| {
        format!(" --host {}", crate::error::shell_word(host))
    })
}

/// How to go on after a dry run; `options` are those that the plan was made with.
pub fn next_steps(services: &[String], options: &str, gains: bool) -> String {
    let gains = if gains {
        "; --accept-gains: the gains as well"
    } else {
        ""
    };
    format!(
        "To go on: qgroget migrate {}{} (--yes: without questions{gains})",
        services.join(" "),
        options
    )
}
