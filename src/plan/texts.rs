//! What plans say: titles and reasons of groups, comments that are written into modules.

use crate::rules::ContractField;
use crate::syntax::in_one_line;

/// Above a commented-out `backupPaths` that came from a field which nothing read.
pub fn gap_comment(field: &str) -> String {
    format!("Not backed up: these paths were declared as {field}, which nothing reads.")
}
/// The field that such a comment names, if `comment` is one.
pub fn gap_field(comment: &str) -> Option<&str> {
    let rest = comment.strip_prefix("Not backed up: these paths were declared as ")?;
    rest.strip_suffix(", which nothing reads.")
}
/// What is said of them once something else is backed up.
pub fn unread_comment(field: &str) -> String {
    format!("These paths were declared as {field}, which nothing read.")
}
/// The same where a backup job of the service has the paths all the same.
pub fn no_gap_comment(field: &str) -> String {
    format!("These paths were declared as {field}, which nothing reads; the backup job has them.")
}

/// The section headers of a migrated module (Pattern 5).
pub const CONTRACT_HEADER: &str =
    "# ── 1. Contract ────────────────────────────────────────────────────────────────────";
pub const IMPLEMENTATION_HEADER: &str =
    "# ── 2. Implementation ──────────────────────────────────────────────────────────────";
pub const SECRETS_HEADER: &str =
    "# ── 3. Secrets ─────────────────────────────────────────────────────────────────────";

/// Under the third header of a module without secrets.
pub const NO_SECRETS: &str = "# This service has no secrets of its own.";

/// Above the line that lets a service's own switch follow the contract's.
pub const FOLLOW_COMMENT: &str = "# The service's own switch follows the contract's.";

/// The core group.
pub fn contract_title(service: &str, was_declared: bool) -> String {
    match was_declared {
        true => format!("declare the contract of {service} in place of its legacy declaration"),
        false => format!("declare the contract of {service}"),
    }
}
pub const CONTRACT_ALONE_WHY: &str =
    "Nothing declares the service today. Declining it declines everything else of this service.";
pub const CONTRACT_WHY: &str = "The legacy fields become fields of the contract, and the bridge goes on showing them to everything that reads the \
     legacy options. Declining it declines everything else of this service.";

/// `value` is what the settings say, as Nix source; `None` where it is not to be moved.
pub fn enablement_title(service: &str, settings: &std::path::Path, value: Option<&str>) -> String {
    let settings = settings.display();
    match value {
        Some("true") => format!("enable {service} in {settings}"),
        Some("false") => format!("list {service}, which is off, in {settings}"),
        _ => format!("say whether {service} runs in {settings}"),
    }
}
pub const ENABLEMENT_WHY: &str = "The host's settings file is where services are turned on and off. Declined, the switch stays where it is and the \
     contract follows it.";

/// Beside a contract whose service has its switch together with others.
pub fn shared_switch_comment(others: &[String]) -> String {
    format!("# The switch is that of {} as well.\n", in_one_line(&others.join(", ")))
}

pub fn persistence_title(service: &str) -> String {
    format!("move the persistence of {service} into the contract")
}
pub const PERSISTENCE_WHY: &str = "What survives a reboot stands beside the service that needs it; the collector persists the same directories. \
     Declined, the directories stay declared where they are.";

/// Of each job its name, and whether others have a share in it.
pub fn backup_title(jobs: &[(&str, bool)]) -> String {
    let job = |(name, shared): &(&str, bool)| match shared {
        true => format!("its part of the backup job {name}"),
        false => format!("the backup job {name}"),
    };
    let jobs: Vec<String> = jobs.iter().map(job).collect();
    format!("move {} into the contract", jobs.join(" and "))
}
pub const BACKUP_WHY: &str =
    "The collector makes the same job of the contract's fields. Declined, the job stays declared where it is.";

pub const PERSISTENCE: &str = "persistence";
pub const BACKUPS: &str = "backups";
/// Of what the service's switch has not turned off so far.
pub fn follow_switch(what: &[&str], service: &str) -> String {
    let (hold, they) = match what {
        [PERSISTENCE] => ("holds", "it"),
        _ => ("hold", "they"),
    };
    let what = what.join(" and ");
    format!("Its {what} {hold} with {service} off, too; in the contract {they} {hold} only with it on.")
}

/// A set that is read in another order.
pub fn other_order(option: &str) -> String {
    format!("what reads {option} finds the same elements in another order")
}

/// What is gained by a backup job; a service whose module no host imports gains it once one does.
pub fn gained_backup(paths: &[String], job: &str, imported: bool) -> String {
    let verb = if paths.len() == 1 { "is" } else { "are" };
    let when = if imported {
        "now"
    } else {
        "once a host imports the service"
    };
    format!("{} {verb} backed up {when} (job {job})", paths.join(", "))
}

pub fn gain_title(service: &str, field: &str) -> String {
    format!("back up what {service} declares as {field}")
}
pub fn gain_why(field: &str) -> String {
    format!(
        "Nothing reads {field}, so that naming these paths there backs nothing up. Accepted, they become a real backup job; \
         declined, they are kept as a comment beside the contract."
    )
}

/// The subject of a commit that takes up what a migration left.
pub fn continued_subject(service: &str) -> String {
    format!("refactor(server/{service}): continue the migration to service contract")
}

/// Directories that a contract keeps and no backup has.
pub fn unsaved_title(service: &str, paths: &[String]) -> String {
    format!("back up what {service} keeps: {}", paths.join(", "))
}
pub const UNSAVED_WHY: &str = "The service keeps its state in these directories, and no backup has them. Accepted, they become a real backup job.";

pub const SECRETS_TITLE: &str = "gather the secrets in the third section";
pub const SECRETS_WHY: &str = "A migrated module has three sections: contract, implementation, secrets. Declined, the secrets stay among the \
     implementation.";

pub fn placement_title(target: &std::path::Path) -> String {
    format!("move the module to {}", target.display())
}
pub const PLACEMENT_WHY: &str = "A service's directory has the service's name, so that anyone finds it. Imports and relative paths are mended. \
     Declined (or with --in-place), the module stays where it is.";

pub fn test_title(service: &str) -> String {
    format!("add a virtual machine test of {service}")
}
pub const TEST_WHY: &str = "It starts the service alone and tests its port, log, persistence and route. It needs KVM, and has not been run. \
     Declined, the service has no test of its own.";

pub fn test_of(service: &str) -> String {
    format!("the test of {service}")
}

pub fn check_named(name: &str) -> String {
    format!("the flake check {name}")
}

pub const TEST_LIBRARY: &str = "the library that tests of services share";

pub const SWITCH_IN_TEST: &str = "the switch in an existing test";

// ── A new service ──

pub fn new_subject(service: &str) -> String {
    format!("feat(server/{service}): add service")
}

pub fn new_title(service: &str, category: &str) -> String {
    format!("add the service {service} to {category}")
}
pub const NEW_WHY: &str =
    "A module of its own, with a contract that passes the collector's checks. Declining it declines everything else.";
pub const NEW_MODULE: &str = "the service's module";
pub const NEW_IMPORT: &str = "its import";
/// The file of what several services of a shared file need.
pub const COMMON: &str = "what it has in common with others of its file";

pub fn new_setting_title(service: &str, settings: &std::path::Path) -> String {
    format!("list {service} in {}", settings.display())
}
pub const NEW_SETTING_WHY: &str = "The host's settings list every service. It does not run until this says true. Declined, the module says false by \
     itself.";
pub const NEW_SETTING: &str = "the service's switch";

/// Above the implementation of a new service.
pub const NEW_NATIVE: &str = "A unit that only waits, until the service's own command stands here. Where NixOS has the service as an option, set\n\
         # that in its place.";
pub const NEW_CONTAINER: &str =
    "The image's name is a guess. Name the one that the service has, with a version, and what it mounts.";

// ── A change of the contract ──

pub const FIELD: &str = "the field's option";
pub const FIELD_READ: &str = "a read of the field";
pub const FIELD_IN_TEMPLATE: &str = "the field in the template";

pub fn field_of(service: &str) -> String {
    format!("the field of {service}")
}
pub fn field_add_title(field: &str) -> String {
    format!("add the field {field} to the contract")
}
pub fn field_set_title(field: &str) -> String {
    format!("set {field} in the contracts that there are")
}
pub fn field_template_title(field: &str) -> String {
    format!("show {field} in the template")
}
pub fn field_rename_title(old: &str, new: &str) -> String {
    format!("rename {old} to {new} in the schema and in every contract")
}
pub fn field_remove_title(field: &str) -> String {
    format!("remove {field} from the schema and from every contract")
}
pub const FIELD_ADD_WHY: &str = "Contracts may then say it; one that does not has the default.";
pub const FIELD_REQUIRED_WHY: &str =
    "Every contract has to say it, so schema and contracts change together: one without the other does not evaluate.";
pub const FIELD_SET_WHY: &str = "Declined, these services have the default.";
pub const FIELD_TEMPLATE_WHY: &str = "New services are copied from the template. Declined, it does not show the field.";
pub const FIELD_RENAME_WHY: &str =
    "Schema, contracts and reads change together: one without the other does not evaluate.";
pub const FIELD_REMOVE_WHY: &str = "What contracts say in this field goes with it. Nothing reads it.";

pub fn field_required_comment(description: &str) -> String {
    format!("# Required. {}", in_one_line(description))
}
pub fn field_optional_comment(description: &str, default: &str) -> String {
    format!(
        "# Optional. Default: {}. {}",
        in_one_line(default),
        in_one_line(description)
    )
}

pub fn commit_subject(service: &str) -> String {
    format!("refactor(server/{service}): migrate to service contract")
}

// ── Shared files ──

/// Begins the line at the top of a file that several services share or shared.
pub const SHARED_MARKER: &str = "# Shared by services that have files of their own: ";

/// The whole line.
pub fn shared_marker(services: &[String]) -> String {
    format!("{SHARED_MARKER}{}.", services.join(", "))
}

/// What a text of the code says again, that becomes a read of the contract.
pub fn restated(field: &ContractField) -> &'static str {
    match field {
        ContractField::Port => "the port",
        _ => "the data directory",
    }
}

/// What goes along with a service that leaves a shared file.
pub fn along_container(name: &str) -> String {
    format!("the container {name}")
}
pub fn along_pod(name: &str) -> String {
    format!("the pod {name}")
}
pub fn along_secret(name: &str) -> String {
    format!("the secret {name}")
}
/// `count` of the `all` elements of the list `option`.
pub fn along_elements(count: usize, all: usize, option: &str) -> String {
    match count {
        _ if count == all => format!("the list {option}"),
        1 => format!("an element of {option}"),
        _ => format!("{count} elements of {option}"),
    }
}
pub fn along_binding(name: &str) -> String {
    format!("the binding {name}")
}
pub fn along_part_of_binding(name: &str) -> String {
    format!("what it needs of the binding {name}")
}

/// Above what several services of a directory need alike.
pub fn common(directory: &std::path::Path) -> String {
    format!("# What services of {} have in common.", directory.display())
}

pub const UNIMPORTED: &str = "the module's place";
pub const UNIMPORTED_WHY: &str = "no host imports it, so an import that is commented out goes on leading to it, and the host's settings cannot enable \
     it; it is enabled where it is imported";

pub const COMPUTED_IMPORT_WHY: &str =
    "the imports that lead to it are computed, and would not find it at another place";

/// Where a module of a computed import would have its place.
pub fn computed_import_next(target: &std::path::Path) -> String {
    format!("to have it at {}, name it in a list of imports first", target.display())
}

pub fn unimported_next(target: &std::path::Path) -> String {
    format!("when it is imported again, move it to {}", target.display())
}

// ── The end of the migration ──

pub const CLEANUP_SUBJECT: &str = "refactor(server): remove the legacy service pattern";
pub const READERS_SUBJECT: &str = "refactor(server): read the services from the collector";

pub fn reader_title(path: &std::path::Path) -> String {
    format!("read the services from the collector in {}", path.display())
}
pub const READER_WHY: &str = "The collector's list has the shape of the legacy option, and every field that is read here. Declined, this file \
     goes on reading the legacy option, which then has to stay.";

pub const AGGREGATOR: &str = "a part of a list that is always empty";
pub fn aggregator_title(path: &std::path::Path) -> String {
    format!("drop what gathers nothing any more in {}", path.display())
}
pub const AGGREGATOR_WHY: &str = "It gathers what legacy services persist or back up, and none is left; the collector gathers that of the contracts. \
     Declined, the legacy option has to stay.";

pub fn legacy_option(option: &str) -> String {
    format!("the option {option}")
}
pub fn removal_title(option: &str) -> String {
    format!("remove the option {option} and the bridge to it")
}
pub const REMOVAL_WHY: &str = "Nothing declares a service there, and nothing reads it any more. Declined, both stay as they are, and a later run \
     can remove them.";

pub fn mentions(option: &str, count: usize) -> String {
    match count {
        1 => format!("a mention of {option}"),
        _ => format!("{count} mentions of {option}"),
    }
}
pub const MENTION_IN_COMMENT: &str = "it is text and no code";
pub const MENTION_ELSEWHERE: &str = "files that are no Nix are not edited";
pub fn mention_next(instead: &str) -> String {
    format!("say there what holds now: the contracts, or {instead} for a reader")
}

pub fn job_title(job: &str) -> String {
    format!("leave the backup job {job} to the contracts that share it")
}
pub const JOB_WHY: &str = "It has no path but theirs. What else it says stands in each of their contracts then, and is taken once. Declined, \
     it stays with an empty list of paths.";
pub fn job_field(job: &str, field: &ContractField) -> String {
    format!("{field} of the backup job {job}")
}
pub fn job_left(job: &str) -> String {
    format!("the backup job {job}")
}
pub const JOB_LEFT_WHY: &str = "no contract has it; the option for backup jobs stays, since the collector fills it";

pub fn cleanup_test(reader: &std::path::Path) -> String {
    format!("a test that imports {} by itself", reader.display())
}
pub const CLEANUP_TEST_WHY: &str =
    "the module reads the collector's list from now on, and the test does not import the collector";
pub fn cleanup_test_next(collector: &std::path::Path) -> String {
    format!("import {} there as well", collector.display())
}

pub const DOCUMENTS_TITLE: &str = "keep the documents of the contract true";
pub const CLEANUP_DOCUMENTS_WHY: &str = "They speak of the legacy pattern, which is gone then: how it is moved from, the bridge, the examples. Declined, \
     they go on saying so.";
pub fn documents_why(field: &str) -> String {
    format!("The field reference says what each field is for, '{field}' as well. Declined, it says what held before.")
}
pub const DOCUMENT_EDITED: &str = "what holds now";
pub const COMMENT_OF_LEGACY: &str = "the comment on services without a contract";
pub fn document_left(path: &std::path::Path) -> String {
    format!("a part of {} that holds no more", path.display())
}
pub const DOCUMENT_LEFT_WHY: &str = "somebody has written there since it was installed";
pub const DOCUMENT_LEFT_NEXT: &str = "say there what holds now";

// ── What stays of a shared file ──

/// What speaks of a service in a shared file, once or several times in one option.
pub fn stays(service: &str, option: &str, count: usize) -> String {
    match count {
        1 => format!("what {option} says of {service}"),
        _ => format!("what {option} says of {service}, in {count} places"),
    }
}
pub fn stays_order(known: Option<&str>) -> String {
    match known {
        Some(reason) => format!("the order of this list counts: {reason}"),
        None => {
            "nothing says that the order of this list is free, and moved it would stand at another place".to_owned()
        }
    }
}
pub const STAYS_UNDIVIDED: &str =
    "this list is not one that is divided by service (shared.movable-lists in qgroget.toml)";
pub const STAYS_CONDITION: &str =
    "it holds under another condition than the service, or has a priority or a place in the list of its own";
pub fn stays_element(field: &ContractField, element: &str) -> String {
    let what = match field {
        ContractField::PersistedData => "the persistent directory",
        ContractField::BackupUnits => "the unit of a backup job",
        _ => "the path of a backup job",
    };
    format!("{what} {element}")
}
pub fn stays_others(others: &[String]) -> String {
    format!("it speaks of {} too", others.join(", "))
}
pub const STAYS_TEXT: &str = "nothing but its text names the service, which may be a mention only";

pub fn no_implementation(service: &str) -> String {
    format!("what runs {service}")
}
pub const NO_IMPLEMENTATION_WHY: &str = "no definition of the host is named after it, so that its contract is a route to something that the repository does not run, as far as its names tell";
pub fn no_implementation_next(target: &std::path::Path) -> String {
    format!(
        "put what runs it into {}, or leave it where it runs elsewhere",
        target.display()
    )
}

/// Where a value is that a field has without being given it.
pub fn by_default(field: &str) -> String {
    format!("{field} (default)")
}

pub fn stays_job(job: &str) -> String {
    format!("the backup job {job}")
}
pub fn stays_job_why(taken: &str) -> String {
    format!("a contract makes one backup job, and this one takes {taken}; the other stays declared as it is")
}
pub fn stays_job_next(job: &str, taken: &str) -> String {
    format!("keep both, or join the paths of {job} into {taken} before the migration")
}
