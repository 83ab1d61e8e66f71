//! What the map says.

use crate::review::texts::count;
use crate::status::Pattern;

pub const BEFORE: &str = "Before: as the repository stands";
pub const AFTER: &str = "After: as the plans would leave it";
pub const SERVICES: &str = "Services, piece by piece";
pub const NOT_PLANNED: &str = "Not planned";
pub const HIGHLIGHT: &str = "Highlight a service";
pub const NONE: &str = "none";
pub const ONLY: &str = "Hide other files";
pub const LIST: &str = "All services";
pub const SKIP: &str = "Skip to the map";
pub const STANDS: &str = "stands at";
pub const WILL_STAND: &str = "will stand at";
pub const STAYS: &str = "stays at";
pub const NOWHERE: &str = "nowhere";
pub const NEW_FILE: &str = "new file";
pub const GOES: &str = "goes";
pub const HOW: &str = "A box is a file, a line in it a service with its pieces and the lines where they stand. What the \
    machine would gain is left out, as in a dry run without --accept-gains.";

pub fn title(host: &str) -> String {
    format!("Where the services of {host} stand")
}

pub fn summary(services: usize, migrated: usize, files: [usize; 2]) -> String {
    let services = count(services, "service", "services");
    let before = count(files[0], "file", "files");
    format!(
        "{services}, {migrated} with a contract; in {before} before, in {} after.",
        files[1]
    )
}

pub const INSTALLS: &str = "The plans begin with the contract's installation: qgroget init.";

pub fn pattern(pattern: Option<Pattern>) -> &'static str {
    match pattern {
        Some(Pattern::Legacy) => "legacy",
        Some(Pattern::Contract) => "has its contract",
        Some(Pattern::Undeclared) => "declared nowhere",
        None => "new",
    }
}

/// How much of a service there is, for the one that is highlighted.
pub fn spread(pieces: usize, files: [usize; 2]) -> String {
    let pieces = count(pieces, "piece", "pieces");
    format!(
        "{pieces}, in {} before, in {} after",
        count(files[0], "file", "files"),
        files[1]
    )
}
