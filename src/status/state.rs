//! The directory of its state that a service's contract names: whether it survives a reboot, and whether a backup has it.

use super::kept;
use super::surroundings::Surroundings;
use super::{Kept, Service, State};

/// Directories whose loss costs nothing.
const EXPENDABLE: [&str; 2] = ["/var/cache", "/var/log"];

/// Whether nothing is lost with what is kept there.
pub fn is_expendable(path: &str) -> bool {
    EXPENDABLE.iter().any(|directory| kept::covers(directory, path))
}

/// What becomes of the directory `kept`, which the contract of `service` names.
pub fn of(around: &Surroundings, service: &Service, kept: Kept) -> State {
    let own = service.persisted.iter().chain(&around.persisted);
    let all: Vec<&Kept> = own.chain(&around.of_services).collect();
    let persisted = all.iter().any(|other| kept::covers(&other.path, &kept.path));
    let lasts = around.lasting.iter().any(|root| kept::covers(root, &kept.path));
    let survives = match persisted || lasts {
        true => persisted.then_some(true),
        // Of a directory that is not known it is not known either, and without any list nothing is lost.
        false => (kept.path.starts_with('/') && !all.is_empty()).then_some(false),
    };
    State {
        saved: is_saved(around, service, &kept.path),
        survives,
        lasts,
        kept,
    }
}

/// Whether some backup has a directory. A backup of what is inside is one that somebody thought about.
pub fn is_saved(around: &Surroundings, service: &Service, path: &str) -> bool {
    let own = service.backed_up.iter().map(|own| &own.kept);
    own.chain(&around.backed_up)
        .any(|saved| kept::covers(&saved.path, path) || kept::covers(path, &saved.path))
}
