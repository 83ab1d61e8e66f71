//! Messages about declarations that cannot be planned for.

use super::{Error, Place, shell_word};

/// No service of that name.
pub fn unknown_service(name: &str, known: &[String]) -> Error {
    let error = Error::refused(
        "unknown-service",
        format!("there is no service '{name}' in the legacy pattern"),
    );
    let error = match super::nearest(name, known) {
        Some(near) => error.hint(format!("did you mean '{near}'?")),
        None => error,
    };
    match known {
        [] => error.hint("every service of the legacy pattern has its contract"),
        known => error.hint(format!("services here: {}", known.join(", "))),
    }
}

/// No service of that name, in whatever pattern.
pub fn no_such_service(name: &str, known: &[String]) -> Error {
    let error = Error::refused("unknown-service", format!("there is no service '{name}'"));
    let error = match super::nearest(name, known) {
        Some(near) => error.hint(format!("did you mean '{near}'?")),
        None => error,
    };
    match known.is_empty() {
        true => error,
        false => error.hint(format!("services here: {}", known.join(", "))),
    }
}

/// A service, or one whose name is nearly that, that no declaration tells of, but a module runs.
pub fn undeclared_service(name: &str, undeclared: &[(String, std::path::PathBuf)]) -> Option<Error> {
    let names: Vec<String> = undeclared.iter().map(|(service, _)| service.clone()).collect();
    let meant = match names.contains(&name.to_owned()) {
        true => name,
        false => super::nearest(name, &names)?,
    };
    let (_, module) = undeclared.iter().find(|(service, _)| service == meant)?;
    let error = Error::refused(
        "unknown-service",
        format!("there is no service '{name}' in the legacy pattern"),
    );
    let error = match meant == name {
        true => error.reason(format!("nothing declares it; {} runs it", module.display())),
        false => error.hint(format!(
            "did you mean '{meant}'? Nothing declares it; {} runs it",
            module.display()
        )),
    };
    Some(error.hint(format!("qgroget migrate {meant} --from {}", module.display())))
}

/// The legacy pattern does not occur.
pub fn nothing_declared(namespace: &str) -> Error {
    Error::refused(
        "nothing-declared",
        format!("nothing in this repository defines {namespace}"),
    )
    .hint("name the repository's root: --repo DIR")
    .hint("or say in qgroget.toml what the services are called here: [namespaces] services = \"…\"")
}

/// A declaration's value has a form that cannot be taken apart.
pub fn unsupported_value(place: Place, why: &str) -> Error {
    Error::refused(
        "unsupported-value",
        format!("this declaration cannot be taken apart: {why}"),
    )
    .at(place)
    .reason("only an attribute set literal shows which fields it has")
    .hint("write the fields out in a set at this place, and run again")
}

/// A field that the contract has once is set at two places; `first` is the other one.
pub fn set_twice(place: Place, field: &str, first: &Place) -> Error {
    let first = format!("{}:{}", first.path.display(), first.line);
    Error::refused(
        "unsupported-value",
        format!(
            "this declaration cannot be taken apart: '{field}' is set in another place too, and what they are together \
             is not known"
        ),
    )
    .at(place)
    .reason(format!(
        "it stands at {first}, too, and in the contract it can stand once"
    ))
    .hint(format!("join the two at {first}, and run again"))
}

/// A priority, or a place among others, is that of a whole set.
pub fn priority_around(place: Place) -> Error {
    Error::refused(
        "unsupported-value",
        "this declaration cannot be taken apart: a priority stands around more than this field".to_owned(),
    )
    .at(place)
    .reason("in the contract the field would stand without it")
    .hint("give each field its own priority, or none, and run again")
}

/// A function makes the declaration, and those of others with it.
pub fn generated(place: Place, function: &str) -> Error {
    Error::refused(
        "unsupported-value",
        format!("this declaration cannot be taken apart: '{function}' makes it for several names at once"),
    )
    .at(place)
    .reason("the service's own part of it is not written anywhere")
    .hint("write the service out in a set beside it, take its name out here, and run again")
}

/// What is defined below a namespace stands somewhere else, or is made by a function.
pub fn unread_definitions(place: Place, namespace: &str) -> Error {
    Error::refused(
        "unsupported-value",
        format!("what this defines of {namespace} cannot be read"),
    )
    .at(place)
    .reason("it is not written out here, so that not even the names in it are known")
    .hint("write it out in attribute sets at this place, and run again")
}

/// The type of the repository's own option for services has a form that does not tell its fields.
pub fn legacy_schema_unreadable(place: Place, namespace: &str, why: &str) -> Error {
    Error::refused(
        "legacy-schema-unreadable",
        format!("what fields {namespace} has cannot be read here: {why}"),
    )
    .at(place)
    .reason("the bridge shows the contracts in these fields, and readers of the option would miss what it leaves out")
    .hint("write the fields as `options = { … };` in a submodule, and run again")
}

/// An attribute's name is computed.
pub fn dynamic_name(place: Place) -> Error {
    Error::refused("dynamic-name", "an attribute's name is computed here")
        .at(place)
        .reason("which field it is, is not known before evaluation")
        .hint("write the name out, and run again")
}

/// A legacy field that the rules do not know.
pub fn unknown_field(place: Place, service: &str, field: &str) -> Error {
    Error::refused(
        "unknown-field",
        format!("service '{service}' has a field '{field}' that the contract does not know"),
    )
    .at(place)
    .reason("moving the service without it would lose what it says")
    .hint(format!("map it in qgroget.toml: [fields] {field} = \"…\""))
}

/// A legacy field that the rules turn into one that the repository's contract does not have.
pub fn unknown_contract_field(place: Place, service: &str, field: &str, wanted: &str) -> Error {
    Error::refused(
        "unknown-contract-field",
        format!("the field '{field}' of service '{service}' would become '{wanted}', which the contract does not have"),
    )
    .at(place)
    .reason("what it says would not evaluate, or would be lost")
    .hint(format!(
        "add the field: qgroget contract add {wanted} (--help shows how)"
    ))
    .hint(format!(
        "or keep what it says aside, in qgroget.toml: [fields] {field} = \"extraConfig.{field}\""
    ))
}

/// A field of a legacy backup job that the rules do not know.
pub fn unknown_backup_field(place: Place, job: &str, field: &str) -> Error {
    Error::refused(
        "unknown-field",
        format!("the backup job '{job}' has a field '{field}' that the contract does not know"),
    )
    .at(place)
    .reason("moving the job without it would lose what it says")
    .hint(format!("map it in qgroget.toml: [backup-fields] {field} = \"…\""))
}

/// The service's declarations stand under different conditions.
pub fn split_conditions(place: Place, service: &str) -> Error {
    Error::refused(
        "split-conditions",
        format!("the declarations of '{service}' stand under different conditions"),
    )
    .at(place)
    .reason("the contract has one switch for all of them")
    .hint("bring them under one mkIf, and run again")
}

/// Several services share the file.
pub fn shared_file(place: Place, service: &str, others: &[String]) -> Error {
    Error::refused(
        "shared-file",
        format!("service '{service}' shares its file with {}", others.join(", ")),
    )
    .at(place)
    .reason("what in the file belongs to which service has to be told apart")
    .hint("give the service a file of its own, and run again")
}

/// The module's configuration has a form that cannot be split into sections.
pub fn unsupported_module(place: Place, why: &str) -> Error {
    Error::refused(
        "unsupported-module",
        format!("this module cannot be split into sections: {why}"),
    )
    .at(place)
    .reason("where a definition could go is only known of a set literal")
    .hint("write the configuration as `config = lib.mkIf cond { … };` or as the module's own set, and run again")
}

/// What moves depends on a name that means something else, or nothing, where it goes.
pub fn unmovable(place: Place, name: &str) -> Error {
    Error::refused("unmovable", format!("'{name}' would not mean the same where this goes"))
        .at(place)
        .reason("the text moves to the contract, outside the scope that binds the name")
        .hint("bind it in the module's outermost 'let', and run again")
}

/// The option that says where a service keeps its state, as it is typed in a shell.
pub fn data_dir_option(service: &str, directory: &str) -> String {
    format!("--data-dir {}", shell_word(&format!("{service}={directory}")))
}

/// Where the state lives cannot be told.
pub fn ambiguous_data_dir(place: Place, service: &str, candidates: &[String]) -> Error {
    Error::refused(
        "ambiguous-data-dir",
        format!(
            "where '{service}' keeps its state is not clear: {}",
            candidates.join(" or ")
        ),
    )
    .at(place)
    .reason("dataDir is one directory, and choosing would be a guess")
    .hint(format!(
        "say it: {}",
        data_dir_option(service, candidates.first().map_or("PATH", String::as_str))
    ))
}

/// The place the service moves to is taken.
pub fn target_exists(place: Place, target: &std::path::Path) -> Error {
    Error::refused("target-exists", format!("{} exists already", target.display()))
        .at(place)
        .reason("the service's module belongs there by Pattern 1, and nothing is overwritten")
        .hint("move that file away, or leave the module where it is: --in-place")
}

/// The service's name is no name for its directory.
pub fn no_directory_name(place: Place, service: &str) -> Error {
    Error::refused(
        "no-directory-name",
        format!("the service's name {service:?} cannot be the name of its directory"),
    )
    .at(place)
    .reason("the module's imports are path literals, which have letters, digits and . _ - + only")
    .hint("give the service another name, or leave the module where it is: --in-place")
}

/// A service's name has control characters.
pub fn control_characters(place: Place, service: &str) -> Error {
    Error::refused(
        "control-characters",
        format!("the service's name {service:?} has control characters"),
    )
    .at(place)
    .reason(
        "names stand in comments and messages, where such a character would begin a line or a command of the terminal",
    )
    .hint("give the service another name")
}

/// A path in the module is computed, so that moving the module would change it.
pub fn computed_path(place: Place) -> Error {
    Error::refused("computed-path", "this path is computed from the module's place")
        .at(place)
        .reason("the module moves, and the path would lead somewhere else")
        .hint("leave the module where it is: --in-place")
}

/// The switch is set in a way that cannot be moved.
pub fn unsupported_switch(place: Place, why: &str) -> Error {
    Error::refused(
        "unsupported-switch",
        format!("the service's switch cannot be moved: {why}"),
    )
    .at(place)
    .reason("the host's settings file says for each service whether it runs")
    .hint("set the switch to true or false at one place, and run again")
}

/// A migration was wanted, and the contract's installation declined.
pub fn contract_needed() -> Error {
    Error::refused(
        "contract-needed",
        "the contract is not installed, and its installation was declined",
    )
    .reason("a service can only be migrated to a contract that the repository has")
    .hint("install it first: qgroget init")
}

/// A module that was named runs nothing of the service's name.
pub fn nothing_named(module: &str, service: &str) -> Error {
    Error::refused("nothing-named", format!("nothing in {module} is named '{service}'"))
        .reason("what belongs to a service that is declared nowhere is found by the names of its containers, units, secrets and users")
        .hint("use the name that its container or unit has")
        .hint(format!("if it goes by other names there, list them in qgroget.toml: [known.{service}] aliases = [\"…\"]"))
}
