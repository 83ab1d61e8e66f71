//! What `check` finds: the texts. Those that the collector has as well are the same, word for word.
//!
//! The hints of each up to the line to paste (`Fix: …`) are what the collector prints below its message.

use std::path::Path;

use crate::error::{self, Error};
use crate::syntax::attr_text;

/// The namespace of the contract and the service, as fixes name them.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The contract's namespace, `qgroget.serviceModules`.
    pub contract: &'a str,
    /// The service.
    pub service: &'a str,
}

impl Subject<'_> {
    /// The line to paste that sets a field of the service.
    pub fn fix(&self, field: &str, value: &str) -> String {
        format!("Fix: {} = {value};", self.field(field))
    }

    /// The path of a field of the service.
    pub fn field(&self, field: &str) -> String {
        format!("{}.{}.{field}", self.contract, attr_text(self.service))
    }
}

// ── Fields ──

/// A required field has no value.
pub fn missing_field(subject: Subject, field: &str, meaning: &str, example: &str) -> Error {
    Error::refused(
        "missing-field",
        format!(
            "Service '{}' is missing required field '{field}': {meaning}",
            subject.service
        ),
    )
    .hint(subject.fix(field, example))
}

/// A value does not have the field's type.
pub fn wrong_type(subject: Subject, field: &str, expected: &str, got: &str, example: &str) -> Error {
    Error::refused(
        "wrong-type",
        format!(
            "Service '{}' has a wrong value in field '{field}': expected {expected}, got {got}",
            subject.service
        ),
    )
    .hint(subject.fix(field, example))
}

/// A value has the field's type, and not the form that it needs.
pub fn wrong_form(subject: Subject, field: &str, expected: &str, got: &str, example: &str) -> Error {
    Error::refused(
        "wrong-form",
        format!(
            "Service '{}' has a wrong value in field '{field}': expected {expected}, got {got}",
            subject.service
        ),
    )
    .hint(subject.fix(field, example))
}

/// Definitions of equal priority contradict each other.
pub fn several_values(subject: Subject, field: &str, values: &str, first: &str) -> Error {
    Error::refused(
        "several-values",
        format!(
            "Service '{}' has several values in field '{field}': {values}",
            subject.service
        ),
    )
    .hint(subject.fix(field, first))
}

/// A field that is computed is set.
pub fn read_only_field(subject: Subject, field: &str) -> Error {
    Error::refused(
        "read-only-field",
        format!(
            "Service '{}' sets field '{field}', which is read-only: leave it out",
            subject.service
        ),
    )
}

/// A field that the schema does not have, and one that it has is nearly the same.
pub fn misspelt_field(subject: Subject, field: &str, nearest: &str, value: &str) -> Error {
    Error::refused(
        "undeclared-field",
        format!(
            "Service '{}' has unknown field '{field}': did you mean '{nearest}'?",
            subject.service
        ),
    )
    .hint(subject.fix(nearest, value))
}

/// A field that the schema does not have.
pub fn undeclared_field(subject: Subject, field: &str, value: &str) -> Error {
    Error::refused(
        "undeclared-field",
        format!(
            "Service '{}' has unknown field '{field}': the contract has no such field",
            subject.service
        ),
    )
    .hint(subject.fix(&format!("extraConfig.{}", attr_text(field)), value))
}

/// A field and its other name are both set.
pub fn both_names(subject: Subject, field: &str, other: &str, value: &str) -> Error {
    Error::refused(
        "both-names",
        format!(
            "Service '{}' sets both '{field}' and its other name '{other}': keep one",
            subject.service
        ),
    )
    .hint(subject.fix(field, value))
}

/// A field is set by its other name.
pub fn other_name(subject: Subject, field: &str, other: &str, value: &str) -> Error {
    Error::refused(
        "other-name",
        format!(
            "Service '{}' sets '{field}' by its other name '{other}'",
            subject.service
        ),
    )
    .hint(subject.fix(field, value))
}

/// The service is something else than a set.
pub fn not_a_set(subject: Subject) -> Error {
    Error::refused(
        "not-a-set",
        format!("Service '{}' is not a set of fields", subject.service),
    )
    .hint(subject.fix("enable", "true"))
}

/// A value that the checks would need is not to be had without evaluation.
pub fn not_known(service: &str, field: &str, why: &str) -> Error {
    Error::refused(
        "not-known",
        format!("Service '{service}': '{field}' is not known statically, so it was not checked"),
    )
    .reason(why.to_owned())
}

/// The contract stands under a condition that reads it.
pub fn contract_recurses(subject: Subject) -> Error {
    Error::refused(
        "contract-recurses",
        format!(
            "Service '{}' states its contract under a condition that reads the contract itself, which is why evaluation recurses without end",
            subject.service
        ),
    )
    .hint("Fix: state the contract outside of the condition, which is for the implementation")
}

/// A setting of a backup that is never made.
pub fn idle_backup(subject: Subject, field: &str, value: &str) -> Error {
    Error::refused(
        "idle-backup",
        format!(
            "Service '{}' sets '{field}', but backs nothing up: 'backupPaths' is empty",
            subject.service
        ),
    )
    .hint(subject.fix("backupPaths", value))
}

// ── Between services ──

/// Two entries of one directory contradict each other.
pub fn persisted_twice(directory: &str, a: &str, b: &str, subject: Subject, value: &str) -> Error {
    Error::refused(
        "persisted-twice",
        format!("Directory '{directory}' is persisted twice, with other attributes each time, by '{a}' and '{b}'"),
    )
    .hint(subject.fix("persistedData", value))
}

/// The service is declared in both patterns.
pub fn declared_twice(subject: Subject) -> Error {
    Error::refused(
        "declared-twice",
        format!(
            "Service '{}' is enabled by its contract and declared in the legacy pattern as well: keep one",
            subject.service
        ),
    )
    .hint(subject.fix("enable", "false"))
}

/// Two services claim one port.
pub fn port_conflict(port: u16, a: &str, b: &str, subject: Subject, field: &str, value: &str) -> Error {
    Error::refused("port-conflict", format!("Port {port} conflict between '{a}' and '{b}'"))
        .hint(subject.fix(field, value))
}

/// Two services declare one database.
pub fn duplicate_database(name: &str, a: &str, b: &str, subject: Subject, databases: &str) -> Error {
    Error::refused(
        "duplicate-database",
        format!("Duplicate database name '{name}' declared by '{a}' and '{b}'"),
    )
    .hint(subject.fix("databases", databases))
}

/// A database of a kind that the collector cannot create.
pub fn cannot_create(subject: Subject, name: &str, kind: &str, databases: &str) -> Error {
    Error::refused(
        "database-creation",
        format!(
            "Service '{}' asks for database '{name}' to be created: that works for postgresql only, not {kind}",
            subject.service
        ),
    )
    .hint(subject.fix("databases", databases))
}

/// A database that is created here, and looked for on another machine.
pub fn created_elsewhere(subject: Subject, name: &str, host: &str, databases: &str) -> Error {
    Error::refused(
        "database-creation",
        format!(
            "Service '{}' asks for database '{name}' to be created on this machine, but connects to '{host}'",
            subject.service
        ),
    )
    .hint(subject.fix("databases", databases))
}

/// A database that is created at another port than the one that the service connects to.
pub fn created_at_another_port(subject: Subject, name: &str, ports: [i64; 2], databases: &str) -> Error {
    let [wanted, listening] = ports;
    Error::refused(
        "database-creation",
        format!(
            "Service '{}' asks for database '{name}' to be created, but connects to port {wanted}, and PostgreSQL listens on {listening}",
            subject.service
        ),
    )
    .hint(subject.fix("databases", databases))
}

/// A database whose user has no password and needs one.
pub fn no_password(subject: Subject, name: &str, databases: &str) -> Error {
    Error::refused(
        "database-password",
        format!(
            "Service '{}' asks for database '{name}' to be created, and connects by TCP without a password: nobody can log in",
            subject.service
        ),
    )
    .hint(subject.fix("databases", databases))
}

/// Two services are routed by one host.
pub fn host_conflict(host: &str, a: &str, b: &str, subject: Subject, value: &str) -> Error {
    Error::refused(
        "host-conflict",
        format!("Host '{host}' conflict between '{a}' and '{b}'"),
    )
    .hint(subject.fix("subdomain", value))
}

/// Two services define one name of Traefik's configuration.
pub fn duplicate_name(kind: &str, name: &str, services: [&str; 2], subject: Subject, value: &str) -> Error {
    let [a, b] = services;
    let own = attr_text(&format!("{}-{name}", subject.service));
    Error::refused(
        "duplicate-name",
        format!("Duplicate {kind} '{name}' in the Traefik configuration of '{a}' and '{b}'"),
    )
    .hint(subject.fix(&format!("traefikDynamicConfig.{kind}.{own}"), value))
}

/// Private services ask for TLS options that nothing defines.
pub fn unknown_tls_options(wanted: &str, option: &str, private: &[&str], settings: &str) -> Error {
    let services: Vec<String> = private.iter().map(|name| format!("'{name}'")).collect();
    Error::refused(
        "unknown-tls-options",
        format!(
            "Unknown TLS options '{wanted}' in {option}, which private services have: {}",
            services.join(", ")
        ),
    )
    .hint(format!(
        "Fix: {settings}.tls.options.{}.clientAuth = {{ caFiles = [ \"/path/to/ca.crt\" ]; clientAuthType = \"RequireAndVerifyClientCert\"; }};",
        attr_text(wanted)
    ))
}

/// A middleware that nothing defines; `place` continues "in", `fix` is a binding.
pub fn unknown_middleware(middleware: &str, place: &str, valid: &str, fix: &str, nearest: Option<&str>) -> Error {
    let error = Error::refused(
        "unknown-middleware",
        format!("Unknown middleware '{middleware}' in {place}"),
    )
    .hint(format!("Valid middlewares: {valid}"))
    .hint(format!("Fix: {fix}"));
    match nearest {
        Some(near) => error.hint(format!("did you mean '{near}'?")),
        None => error,
    }
}

/// A dependency that is not on.
pub fn dependency_not_enabled(subject: Subject, dependency: &str, is_upstream: bool) -> Error {
    let fix = match is_upstream {
        false => Subject {
            service: dependency,
            ..subject
        }
        .fix("enable", "true"),
        true => format!("Fix: services.{}.enable = true;", attr_text(dependency)),
    };
    Error::refused(
        "dependency-not-enabled",
        format!(
            "Service '{}' depends on '{dependency}' which is not enabled",
            subject.service
        ),
    )
    .hint(fix)
}

/// A service that depends on itself.
pub fn depends_on_itself(subject: Subject, list: &str) -> Error {
    Error::refused(
        "dependency-circle",
        format!("Service '{}' depends on itself", subject.service),
    )
    .hint(subject.fix("dependsOn", list))
}

/// Services of which each needs the next, and the last the first; `subject` is the last one.
pub fn depends_in_a_circle(circle: &[&str], subject: Subject, list: &str) -> Error {
    let names = circle.iter().chain(circle.first()).map(|name| format!("'{name}'"));
    let names: Vec<String> = names.collect();
    Error::refused(
        "dependency-circle",
        format!("Services depend on each other in a circle: {}", names.join(" → ")),
    )
    .hint(subject.fix("dependsOn", list))
}

/// A dependency that is named twice.
pub fn depends_twice(subject: Subject, dependency: &str, list: &str) -> Error {
    Error::refused(
        "dependency-twice",
        format!(
            "Service '{}' names its dependency '{dependency}' twice",
            subject.service
        ),
    )
    .hint(subject.fix("dependsOn", list))
}

/// A backup setting that the repository's jobs cannot take.
pub fn backup_setting(service: &str, field: &str, jobs: &str, option: &str) -> Error {
    Error::refused(
        "backup-setting",
        format!("Service '{service}' sets '{field}', but {jobs}.<job> has no option '{option}' to take it"),
    )
    .hint(format!("Fix: declare that option, or leave '{field}' out"))
}

// ── Patterns ──

/// Pattern 1: the module's file.
pub fn module_place(service: &str, at: &Path, wanted: &Path) -> Error {
    Error::refused(
        "module-place",
        format!("Service '{service}' is declared in {}", at.display()),
    )
    .reason("a service's module is modules/server/<category>/<service>/default.nix, so that anyone finds it")
    .hint(moving(at, wanted))
    .hint("mend the imports that lead to it, and relative paths inside it")
}

/// Pattern 2: the directory's name.
pub fn directory_name(subject: Subject, directory: &str) -> Error {
    Error::refused(
        "directory-name",
        format!(
            "Service '{}' is declared in a directory of another name, '{directory}'",
            subject.service
        ),
    )
    .hint(format!(
        "Fix: rename the directory '{directory}' to '{0}', and mend the imports; `qgroget migrate {0}` does it where it was left",
        subject.service
    ))
    .hint("the service's name is part of its routes and backup jobs, so that renaming that has consequences")
}

/// Pattern 3: a database without a name of its own in plain sight.
pub fn database_name(service: &str) -> Error {
    Error::refused(
        "database-name",
        format!("Service '{service}' has a database whose name is not written out"),
    )
    .reason("names of databases are compared across services, and what is computed may change without anyone seeing it")
    .hint("Fix: name = \"…\";")
}

/// Pattern 4: a secret's name.
pub fn secret_name(secret: &str, service: &str) -> Error {
    Error::refused(
        "secret-name",
        format!("Secret '{secret}' of service '{service}' is not named server/<service>/<credential>"),
    )
    .hint(format!(
        "Fix: sops.secrets.\"server/{service}/{}\"",
        credential(secret, service)
    ))
    .hint("rename it in the sops file as well")
}

/// What a secret is of its service, in one part: two secrets that differ stay different.
fn credential(secret: &str, service: &str) -> String {
    let mut parts: Vec<&str> = secret.split('/').filter(|part| !part.is_empty()).collect();
    let grouped = parts.len() > 1 && parts[0] == "server";
    if grouped {
        parts.remove(0);
    }
    if parts.len() > 1 && (grouped || parts[0] == service) {
        parts.remove(0);
    }
    match parts.join("-") {
        name if name.is_empty() => "credential".to_owned(),
        name => name,
    }
}

/// Pattern 4: a secret that bears another service's name.
pub fn secret_owner(secret: &str, service: &str) -> Error {
    Error::refused(
        "secret-owner",
        format!("Secret '{secret}' stands in the module of service '{service}' and bears another service's name"),
    )
    .hint(format!(
        "Fix: sops.secrets.\"server/{service}/{}\", if no other service uses it; rename it in the sops file as well",
        credential(secret, service)
    ))
}

/// Pattern 5: the module's form.
pub fn sections(service: &str, what: &str) -> Error {
    Error::refused("sections", format!("The module of service '{service}' {what}"))
        .reason("a module has three sections in one mkMerge: contract, implementation, secrets")
        .hint("Fix: config = lib.mkMerge [{ <contract> } (lib.mkIf cfg.enable { <implementation> }) (lib.mkIf cfg.enable { <secrets> })];")
}

/// Pattern 5: a section without its header.
pub fn section_header(service: &str, header: &str) -> Error {
    Error::refused(
        "section-header",
        format!("The module of service '{service}' has a section without its header"),
    )
    .hint(format!("Fix: {header}"))
}

/// Pattern 6: the service's test.
pub fn missing_test(service: &str, wanted: &Path, other: Option<&Path>) -> Error {
    let error = Error::refused("missing-test", format!("Service '{service}' has no test"));
    match other {
        Some(other) => error
            .reason(format!("{} is not where tests are looked for", other.display()))
            .hint(moving(other, wanted)),
        None => error.hint(format!("Fix: write {}", wanted.display())),
    }
}

/// Pattern 10: the formatting.
pub fn formatting(path: &Path, program: &str) -> Error {
    Error::refused("formatting", format!("{} is not formatted", path.display()))
        .hint(format!("Fix: {program} {}", path.display()))
}

/// The command that moves a file, to a directory that may not be there yet.
fn moving(from: &Path, to: &Path) -> String {
    let quoted = |path: &Path| error::shell_word(&path.to_string_lossy());
    let directory = to.parent().filter(|directory| !directory.as_os_str().is_empty());
    let made = directory.map_or(String::new(), |directory| format!("mkdir -p {} && ", quoted(directory)));
    format!("Fix: {made}git mv {} {}", quoted(from), quoted(to))
}
