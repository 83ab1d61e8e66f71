//! What is said of state in foreign hands.

use super::Foreign;
use crate::error::Place;
use crate::rules::ContractField;

/// What a service does with a directory that a field names.
fn keeps(field: &ContractField) -> &'static str {
    match field {
        ContractField::PersistedData => "persists",
        _ => "backs up",
    }
}
pub fn foreign(found: &Foreign) -> String {
    let (keeper, keeps) = (&found.keeper, keeps(&found.field));
    format!(
        "the state of {} in {}, which {keeper} {keeps}",
        found.owner, found.directory
    )
}
pub fn foreign_why(found: &Foreign) -> String {
    let Foreign {
        owner, known, keeper, ..
    } = found;
    format!("it is {owner}'s, {known}; {}", foreign_off(found, keeper))
}
/// What becomes of the directory without its keeper.
fn foreign_off(found: &Foreign, keeper: &str) -> String {
    let keeps = keeps(&found.field);
    match found.alone {
        true => format!("with {keeper} off, nothing {keeps} it"),
        false => format!("with {keeper} off, another declaration {keeps} it still"),
    }
}
pub fn foreign_next(found: &Foreign) -> String {
    let (keeper, owner) = (&found.keeper, &found.owner);
    format!(
        "to have it kept with {owner}, take it from {}'s {} and write: {}",
        keeper, found.field, found.line
    )
}
pub fn foreign_line(contract: &str, owner: &str, field: &ContractField, element: &str) -> String {
    format!("{contract}.{owner}.{field} = [ {element} ];")
}
pub fn known_by_contract(place: &Place) -> String {
    format!("as its contract says at {place}")
}
pub fn known_by_nixos(option: &str) -> String {
    format!("since {option} keeps its state there")
}
pub fn known_by_unit(option: &str) -> String {
    format!("as {option} says")
}
pub const KNOWN_BY_NAME: &str = "by its name";

/// What `status` says of it: of the one that keeps it, and of the one whose it is.
pub fn keeps_foreign(found: &Foreign) -> String {
    let Foreign {
        owner,
        known,
        directory,
        ..
    } = found;
    format!("{} {directory}, which is {owner}'s, {known}", keeps(&found.field))
}
pub fn kept_by_another(found: &Foreign) -> String {
    let Foreign { keeper, directory, .. } = found;
    format!("leaves {directory} to {keeper}: {}", foreign_off(found, keeper))
}
