//! What the contract's installation says: titles and reasons of its groups, comments that it writes.

use std::path::Path;

use crate::error::Place;

pub const SUBJECT: &str = "feat(server): add the service contract";
pub const SUBJECT_MORE: &str = "feat(server): complete the service contract";

pub const TITLE: &str = "install the contract: schema, collector, bridge to the legacy options";
pub const WHY: &str =
    "Services are migrated to the contract one by one. As long as none has one, nothing of the configuration changes.";
/// Over what puts these parts of the contract back.
pub fn put_back_title(parts: &[String]) -> String {
    format!("put back what is missing of the contract: {}", parts.join(", "))
}
pub fn put_back_why(services: &[String]) -> String {
    format!(
        "{} a contract already. What the missing part makes of contracts (routes, persistence, backups or what reads them) \
         the machine is without now, and has again with it. Declined, it stays without.",
        match services {
            [one] => format!("{one} has"),
            many => format!("{} have", many.join(", ")),
        }
    )
}
pub const SCHEMA: &str = "the contract's schema";
pub const COLLECTOR: &str = "the collector";
pub const BRIDGE: &str = "the bridge to the legacy options";
pub fn import(file: &str) -> String {
    format!("the import of {file}")
}

pub const SETTINGS: &str = "the list of services that run";
pub const SETTINGS_TITLE: &str = "list the services that run in the host's settings";
pub const SETTINGS_WHY: &str =
    "One line a service says whether it runs on this host. Declined, the first migration adds its line by itself.";
/// True as long as there is the legacy pattern.
pub const NOT_LISTED: &str =
    "# A service without a contract is not listed here yet; its module or the server's settings switch it on.";
/// Comments above settings; a blank line parts each from what stands before it.
pub fn settings_comment(server: &Path, host: &str, collector: &str) -> String {
    format!(
        "\n# The services of this host, in alphabetical order: <service>.enable = true; runs it, false does not.\n\
         # Everything else about a service stands in its own file, as a rule {}/<category>/<service>/default.nix\n\
         {NOT_LISTED}\n\
         # What runs, as data: nix eval --json .#nixosConfigurations.{host}.config.{collector}.enabled",
        server.display()
    )
}
pub const SETTINGS_BLOCK: &str = "{}";
pub const STRICT_COMMENT: &str =
    "\n# Every contract says itself what persists and what is backed up; one that does not stops the build.";

pub fn middlewares_title(names: &[String], unread: bool) -> String {
    match unread {
        false => format!("say that {} exists outside this configuration", names.join(", ")),
        true => format!("say that {} exists outside the contracts", names.join(", ")),
    }
}
pub const MIDDLEWARES_WHY: &str = "Services name these middlewares, and no Traefik configuration here defines them: a file written at run time does, \
     for instance. Declined, the collector takes the name for a slip as soon as such a service has a contract.";
pub fn middlewares_unread_why(place: &Place) -> String {
    format!(
        "Services name these middlewares. Whether {place} defines them could not be read, and nothing else here does. Declined, \
         the collector takes the name for a slip as soon as such a service has a contract."
    )
}
pub const MIDDLEWARES_COMMENT: &str = "\n# Middlewares that services name, and that no Traefik configuration of this repository defines (a file\n\
     # written at run time does, for instance). Unlisted, such a name is reported as a mistake.";

pub fn middlewares_unread_comment(path: &Path) -> String {
    format!(
        "\n# Middlewares that services name. Perhaps {} defines them, in a way that cannot be\n\
         # read; nothing else here does. Unlisted, such a name is reported as a mistake.",
        path.display()
    )
}

pub fn middleware(name: &str) -> String {
    format!("the middleware {name}")
}

pub const TEMPLATE: &str = "the annotated template of a service";
pub const TEMPLATE_TITLE: &str = "add the annotated template";
pub const TEMPLATE_WHY: &str = "New services are copied from it. Nothing imports it.";

pub const EVAL_TEST: &str = "the collector's evaluation test";
pub const EVAL_TEST_TITLE: &str = "test the collector in the flake's checks";
pub const EVAL_TEST_WHY: &str = "`nix flake check` then evaluates what small contracts add up to, without a virtual machine. Declined, a change \
     of the collector shows only in the services.";

pub const INTEGRATION_TITLE: &str = "add virtual machine tests across services";
pub const INTEGRATION_WHY: &str = "They test routes and login as the collector makes them. They need KVM, and have been evaluated but not run. \
     Declined, only the tests of single services are there.";

pub fn integration(name: &str) -> String {
    match name {
        "auth" => "the test of login and dependencies".to_owned(),
        _ => format!("the test of {name}"),
    }
}

pub const DOCUMENTS_TITLE: &str = "add the contract's documents";
pub const DOCUMENTS_WHY: &str = "The decisions behind the contract, a guide to migrating services and a guide to writing new ones. Declined, nothing \
     else changes.";

pub fn document(path: &Path) -> String {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    format!("the {}", name.replace('-', " "))
}
