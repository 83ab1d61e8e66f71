//! Messages about what keeps the legacy pattern from being removed.

use std::path::Path;

use super::{Error, Place};

/// Services that are declared in the legacy pattern still.
pub fn legacy_left(services: &[(String, Place)]) -> Error {
    let names: Vec<&str> = services.iter().map(|(name, _)| name.as_str()).collect();
    let message = match names.as_slice() {
        [name] => format!("service '{name}' is declared in the legacy pattern still"),
        _ => format!("{} services are declared in the legacy pattern still", names.len()),
    };
    let places: Vec<String> = services
        .iter()
        .map(|(name, place)| format!("{name} ({}:{})", place.path.display(), place.line))
        .collect();
    let named: Vec<&str> = names.into_iter().filter(|name| *name != "(computed)").collect();
    let error = Error::refused("legacy-left", message)
        .at(services[0].1.clone())
        .reason(format!(
            "the legacy options can only go when nothing is declared there: {}",
            places.join(", ")
        ));
    match named.is_empty() {
        true => error.hint("write these services out with their names, migrate them, and run again"),
        false => error.hint(format!("migrate first: qgroget migrate {}", named.join(" "))),
    }
}

/// What a reader does with the list cannot be followed.
pub fn unclear_reader(place: Place, why: &str) -> Error {
    Error::refused(
        "unclear-reader",
        format!("what is read of the legacy services here cannot be told: {why}"),
    )
    .at(place)
    .reason("a field that is read has to be in the collector's list as well, or the configuration changes")
    .hint("read the fields by name in this file, and run again")
    .hint("or read the collector's list of services here yourself, and compare what evaluates")
}

/// A reader reads a field that is not the same in the collector's list.
pub fn unknown_read(place: Place, field: &str, why: &str) -> Error {
    Error::refused("unknown-read", format!("the field '{field}' is read here: {why}"))
        .at(place)
        .reason("the reader would see something else than before")
        .hint(format!(
            "take '{field}' out here, or take it from the contract's extraConfig, and run again"
        ))
}

/// A host without the collector has the reader among its modules.
pub fn reader_elsewhere(place: Place, host: &str) -> Error {
    Error::refused(
        "reader-elsewhere",
        format!("host '{host}' reads the legacy services here, and does not import the collector"),
    )
    .at(place)
    .reason("the list that takes the option's place exists only where the collector is imported")
    .hint("read another host's list by its configuration, or write `or {}` behind the option, and run again")
}

/// Something besides `imports` names the bridge's file.
pub fn bridge_named(place: Place) -> Error {
    Error::refused("bridge-named", "the bridge's file is named here")
        .at(place)
        .reason("the file goes, and the path would lead nowhere")
        .hint("take this out, and run again")
}

/// The legacy option is read, and nothing shows the contracts there.
pub fn no_bridge(place: Option<Place>, bridge: &Path) -> Error {
    let error = Error::refused(
        "no-bridge",
        format!("the legacy services are read, and {} is not there", bridge.display()),
    )
    .reason("without it, readers see none of the services that have a contract, and would see all of them afterwards")
    .hint("install it, look at what changes, and run again: qgroget init");
    match place {
        Some(place) => error.at(place),
        None => error,
    }
}
