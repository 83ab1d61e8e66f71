//! Messages about new services and changes of the contract itself.

use std::path::Path;

use super::{Error, Place};

/// How many places of a field's own readers are named.
const SHOWN: usize = 3;

/// The repository has no contract.
pub fn contract_absent() -> Error {
    Error::refused("contract-absent", "the contract is not installed in this repository")
        .hint("install it first: qgroget init")
}

/// A name that a field cannot have.
pub fn bad_field_name(name: &str) -> Error {
    Error::usage("bad-name", format!("'{name}' cannot be the name of a field"))
        .reason("it is the name of an option and of an attribute in every contract")
        .hint("begin it with a letter, and use letters, digits, '-' and '_' only")
}

/// A name that cannot be a directory and an attribute.
pub fn bad_name(name: &str, of: &str) -> Error {
    Error::usage("bad-name", format!("'{name}' cannot be the name of {of}"))
        .reason("it is the name of a directory, of a path in Nix and of an attribute at once")
        .hint("begin it with a letter, and use letters, digits, '-' and '_' only")
}

/// The name is taken.
pub fn service_exists(place: Place, name: &str) -> Error {
    Error::refused("service-exists", format!("there is a service '{name}' already"))
        .at(place)
        .reason("a service's name stands for one contract and one directory")
        .hint(format!(
            "choose another name; if it is declared the old way, it is moved by: qgroget migrate {name}"
        ))
}

/// Where its module would stand, something stands already.
pub fn directory_exists(directory: &Path) -> Error {
    let place = Place::new(directory, &"".into(), 0..0);
    Error::refused("service-exists", format!("there is {} already", directory.display()))
        .at(place)
        .reason("a new service gets a directory of its own")
        .hint("choose another name or another category")
}

/// Another service listens on the port.
pub fn port_in_use(port: u16, user: &str, place: Option<Place>, free: u16) -> Error {
    let error = Error::refused("port-in-use", format!("port {port} is in use by '{user}'"))
        .reason("two services cannot listen on one port of a machine")
        .hint(format!("a free one: {PORT}{free}"));
    match place {
        Some(place) => error.at(place),
        None => error,
    }
}

const PORT: &str = "--port ";
const SUBDOMAIN: &str = ": --subdomain NAME";

/// The same where the answer is typed at a prompt, and no option names it.
pub fn at_the_prompt(mut error: Error) -> Error {
    for hint in &mut error.inner.hints {
        *hint = hint.replace(PORT, "").replace(SUBDOMAIN, "");
    }
    error
}

/// Another service is routed by the host.
pub fn host_in_use(place: Place, host: &str, user: &str) -> Error {
    Error::refused("host-in-use", format!("'{user}' has the host '{host}'"))
        .at(place)
        .reason("the proxy would send all requests to one of the two")
        .hint(format!("name another one{SUBDOMAIN}"))
}

/// A subdomain is no host name.
pub fn bad_subdomain(subdomain: &str) -> Error {
    Error::usage("bad-subdomain", format!("'{subdomain}' is no subdomain"))
        .reason("it has letters, digits and dashes, with dots between names; \"*\" may stand before them, and \"\" is the domain itself")
        .hint("give it as --subdomain NAME, or leave that out: the subdomain is the service's name then")
}

/// A route leads to a port.
pub fn port_needed(name: &str, free: u16) -> Error {
    Error::usage("port-needed", format!("'{name}' needs a port to be reached at"))
        .hint(format!("name it, for instance: --port {free}"))
        .hint("or give the service no route: --unexposed")
}

/// Nobody can be asked for what the flags leave open.
pub fn not_said(flags: &[&str]) -> Error {
    Error::usage("not-said", format!("not said: {}", flags.join(", ")))
        .reason("there is no terminal to ask on")
        .hint("give these flags")
}

/// The repository's contract has no field that is to be written.
pub fn schema_differs(place: Place, field: &str) -> Error {
    Error::refused("schema-differs", format!("the contract here has no field '{field}'"))
        .at(place)
        .reason("a new service says it, and would not evaluate")
        .hint("declare the field again, or copy the template and write the service by hand")
}

/// A field that the repository requires, for which nothing says a value.
pub fn no_template_value(place: Place, field: &str) -> Error {
    Error::refused(
        "no-template-value",
        format!("the contract here requires '{field}', and the template has no value for it"),
    )
    .at(place)
    .reason("a new service takes the values of such fields from the template")
    .hint("give the field a value in _template/default.nix, and run again")
}

/// The contract's declaration has another form than the installed one.
pub fn schema_unreadable(place: Place) -> Error {
    Error::refused("schema-unreadable", "what fields the contract has cannot be read here")
        .at(place)
        .reason("its type is no submodule whose options are written out")
        .hint("write them as `options = { … };` in a submodule, and run again")
}

/// A field is there already.
pub fn field_exists(place: Place, field: &str) -> Error {
    Error::refused("field-exists", format!("the contract has a field '{field}' already"))
        .at(place)
        .reason("a field has one declaration")
        .hint(format!(
            "choose another name, or take this one away first: qgroget contract remove {field}"
        ))
}

/// A field is not there.
pub fn no_such_field(field: &str, known: &[String]) -> Error {
    let error = Error::refused("no-such-field", format!("the contract has no field '{field}'"));
    match super::nearest(field, known) {
        Some(near) => error.hint(format!("did you mean '{near}'?")),
        None => error.hint(format!("its fields: {}", known.join(", "))),
    }
}

/// A field that the collector and this tool know by name.
pub fn own_field(field: &str, places: &[Place]) -> Error {
    let error = Error::refused("own-field", format!("'{field}' is a field of the contract itself"))
        .reason("the collector, the bridge and this tool know it by its name");
    let error = places
        .iter()
        .take(SHOWN)
        .fold(error, |error, place| error.hint(format!("it is read at {place}")));
    let error = match places.len().saturating_sub(SHOWN) {
        0 => error,
        more => error.hint(format!("and in {} more", count(more))),
    };
    error.hint("leave it as it is; a field of another name can stand beside it: qgroget contract add")
}

/// Code reads a field in a way that cannot be edited.
pub fn field_read(field: &str, places: &[Place], what: &str) -> Error {
    let error = Error::refused(
        "field-read",
        format!("'{field}' is read in {} that cannot be {what}", count(places.len())),
    );
    let error = match places.first() {
        Some(place) => error.at(place.clone()),
        None => error,
    };
    places
        .iter()
        .skip(1)
        .fold(error, |error, place| error.hint(format!("and at {place}")))
        .hint("change these by hand first, and run again")
}

fn count(places: usize) -> String {
    match places {
        1 => "one place".to_owned(),
        many => format!("{many} places"),
    }
}

/// A type that no field can have.
pub fn bad_type(text: &str, known: &[&str]) -> Error {
    Error::usage("bad-type", format!("'{text}' is no type of a field"))
        .hint(format!("types: {}", known.join(", ")))
        .hint("combine them as in Nix: --type 'nullOr (listOf str)'")
}

/// A value that is no Nix expression.
///
/// `flag` is what it was given with, as far as the value: `--default `, `--service NAME=`.
pub fn bad_value(flag: &str, text: &str) -> Error {
    Error::usage("bad-value", format!("'{text}' is no Nix expression"))
        .hint(format!("quote strings for Nix and for the shell: {flag}'\"text\"'"))
}

/// A value that the field's type does not take.
pub fn wrong_value(flag: &str, value: &str, kind: &str, expected: &str) -> Error {
    Error::usage(
        "wrong-field-value",
        format!("{flag}: {value} is no value of the type {kind}"),
    )
    .reason(format!("the field would not evaluate: expected {expected}"))
    .hint("give a value of the type, or another --type")
}

/// The field does not evaluate in the contract of a service; `None` for one that says no more than it has to.
/// `is_written`: the contract is one that a value can be written into.
pub fn field_fails(field: &str, service: Option<&str>, is_written: bool, why: Option<&str>) -> Error {
    let of = match service {
        Some(service) => format!("in the contract of '{service}'"),
        None => "in a contract that does not set it".to_owned(),
    };
    let error = Error::refused("field-fails", format!("the field '{field}' does not evaluate {of}"));
    let error = match why {
        Some(why) => error.reason(format!("nix says: {why}")),
        None => error.reason("what it says has another type, or throws"),
    };
    match service {
        Some(service) if !is_written => error.hint(format!(
            "nothing was written; the contract of '{service}' is computed, so that no value can be put there: add the field with --default"
        )),
        _ => error.hint("nothing was written; give values of the field's type: --default, --value, --service"),
    }
}

/// A required field while services are migrated to the contract.
pub fn not_all_migrated(field: &str, services: &[String]) -> Error {
    let count = match services.len() {
        1 => "1 legacy service has".to_owned(),
        many => format!("{many} legacy services have"),
    };
    Error::refused(
        "not-all-migrated",
        format!("'{field}' cannot be required: {count} no contract yet"),
    )
    .reason(format!(
        "a migration does not know the value, and a contract without it does not evaluate: {}",
        services.join(", ")
    ))
    .hint("migrate them first: qgroget migrate --all")
    .hint("or add the field with a default, --default NIX in place of --required, and set it in each contract")
}

/// A service whose contract would lack a field that the repository requires.
pub fn required_unknown(place: Place, field: &str, service: &str) -> Error {
    Error::refused(
        "required-unknown",
        format!("the contract here requires '{field}', and its value for '{service}' is not known"),
    )
    .at(place)
    .reason("the field was added to the contract, and nothing that a migration reads says it")
    .hint(format!(
        "until '{service}' is migrated, write a default here in place of `missing \"{field}\" name`; or take the field out: qgroget contract remove {field}"
    ))
}

/// A required field without a value for a service.
pub fn value_needed(field: &str, services: &[String]) -> Error {
    Error::usage(
        "value-needed",
        format!("no value of '{field}' is given for {}", services.join(", ")),
    )
    .reason("a required field has no default, and these services would not evaluate")
    .hint(format!(
        "one for all: --value NIX; one for each: {}",
        services
            .iter()
            .map(|service| format!("--service {service}=NIX"))
            .collect::<Vec<_>>()
            .join(" ")
    ))
}

/// `--service` names none.
pub fn no_such_contract(name: &str, known: &[String]) -> Error {
    let error = Error::usage("no-such-contract", format!("no service '{name}' has a contract"));
    match super::nearest(name, known) {
        Some(near) => error.hint(format!("did you mean '{near}'?")),
        None => error.hint(format!("services with a contract: {}", known.join(", "))),
    }
}
