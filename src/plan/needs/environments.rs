//! The databases that environments lead to: what the variables of the service's containers and units say of one.

use super::own::ServiceDefs;
use super::said::{self, ConnectionLiteral, Field, first_text};
use super::servers::{KINDS, Kind, Partial, of_address, of_image, of_word};
use super::{address, containers, texts};
use crate::plan::Skipped;
use crate::plan::model::Context;
use crate::resolve::list::list_elements;
use crate::resolve::value::Known;

/// The variables by which programs are told their database.
const HOSTS: [&str; 6] = [
    "DB_HOSTNAME",
    "DB_HOST",
    "DATABASE_HOST",
    "POSTGRES_HOST",
    "PGHOST",
    "MYSQL_HOST",
];
const PORTS: [&str; 5] = ["DB_PORT", "DATABASE_PORT", "POSTGRES_PORT", "PGPORT", "MYSQL_PORT"];
const NAMES: [&str; 6] = [
    "DB_DATABASE_NAME",
    "DB_NAME",
    "DB_DATABASE",
    "DATABASE_NAME",
    "PGDATABASE",
    "POSTGRES_DATABASE",
];
const USERS: [&str; 4] = ["DB_USERNAME", "DB_USER", "DATABASE_USERNAME", "DATABASE_USER"];

/// The variables by which programs are told the kind of it.
const TYPES: [&str; 5] = [
    "DB_TYPE",
    "DB_CONNECTION",
    "DB_ENGINE",
    "DATABASE_TYPE",
    "DATABASE_ENGINE",
];

/// The databases that the environments of the service's containers and units lead to, and those of which the kind is not
/// known.
pub fn of(own: &ServiceDefs, servers: &[Partial]) -> (Vec<Partial>, Vec<Skipped>) {
    let (mut found, mut left) = (Vec::new(), Vec::new());
    for environment in environments(own) {
        let address = own.attributes(&environment.whole()).into_iter().find_map(|name| {
            let path = environment.at(&name);
            let Ok(Some(Known::Str(value))) = own.known(&path) else {
                return None;
            };
            let (mut database, spots) = of_address(&value, &environment.label, own.place(&path))?;
            database
                .said
                .extend(ConnectionLiteral::parts(own, &path, &value, spots));
            Some(database)
        });
        let database = match address {
            Some(database) => Some(database),
            None => match kind_in(own, &environment, servers) {
                VariableKind::Known(kind) => Some(in_variables(own, &environment, kind)),
                VariableKind::Unsaid => {
                    left.push(Skipped {
                        what: texts::database_of(&environment.label),
                        place: Some(own.place(&environment.whole())),
                        why: texts::DATABASE_KIND.to_owned(),
                        next: Some(texts::DATABASE_NEXT.to_owned()),
                    });
                    None
                }
                VariableKind::Nothing => None,
            },
        };
        let Some(mut database) = database else { continue };
        if database.name.is_err() {
            database.name = database.text(own, Field::Name, environment.each(&NAMES));
        }
        if database.user.is_err() {
            database.user = database.text(own, Field::User, environment.each(&USERS));
        }
        database.reads_published(own);
        found.push(database);
    }
    (found, left)
}

/// What the variables of an environment say of the kind of a database.
enum VariableKind {
    Known(&'static Kind),
    /// They lead to a database, of a kind that nothing says.
    Unsaid,
    /// They lead to none, or to one that is no server of a known kind.
    Nothing,
}

/// The kind of the database that variables of an environment lead to: as one of them says it; that of the service's own
/// server, or of the one that has the name; or PostgreSQL, where the machine's makes a database of the name.
fn kind_in(own: &ServiceDefs, environment: &Environment, servers: &[Partial]) -> VariableKind {
    let of = |names: &[&'static str]| first_text(own, environment.each(names));
    let is_set = |names: &[&'static str]| !matches!(of(names), Err(None));
    let name = of(&NAMES).ok();
    let ensured = name.as_ref().is_some_and(|name| is_ensured(own.context, name));
    if !is_set(&HOSTS) && !ensured {
        return VariableKind::Nothing;
    }
    let named = |server: &&Partial| name.is_some() && server.name.as_ref().ok() == name.as_ref();
    let server = match (of(&TYPES), servers.iter().find(named), servers) {
        (Ok(kind), ..) => return of_word(&kind).map_or(VariableKind::Nothing, VariableKind::Known),
        (_, Some(server), _) | (_, None, [server]) => Some(server.kind),
        _ => None,
    };
    let says = |kind: &&Kind| is_set(kind.hosts);
    let kind = server
        .or_else(|| KINDS.iter().find(says))
        .or(ensured.then_some(&KINDS[0]));
    kind.map_or(VariableKind::Unsaid, VariableKind::Known)
}

/// Whether `services.postgresql` makes a database of this name, in whichever module.
fn is_ensured(context: &Context, name: &str) -> bool {
    let option = ["services", "postgresql", "ensureDatabases"];
    context.model.definitions(&option).into_iter().any(|(module, def)| {
        let mut elements = Vec::new();
        let values = def.value.iter();
        values.for_each(|value| list_elements(value, &mut elements));
        let eval = context.eval(module);
        elements
            .iter()
            .any(|element| eval.string(element).is_ok_and(|own| own == name))
    })
}

/// Host and port of a server, as an environment has them in variables of their own.
fn in_variables(own: &ServiceDefs, environment: &Environment, kind: &'static Kind) -> Partial {
    let mut database = Partial::new(kind, environment.label.clone(), own.place(&environment.whole()));
    let variable = match said::first(own, environment.each(&HOSTS)) {
        Ok(variable) => variable,
        Err(why) => {
            database.host = Err(why);
            return database;
        }
    };
    let Some(host) = variable.known.text() else {
        return database;
    };
    let (name, port) = address::host_and_port(&host);
    match port {
        Some(port) => {
            let spots = [(Field::Host, name), (Field::Port, port)];
            let spots = spots.map(|(field, part)| (field, address::within(&host, part)));
            database
                .said
                .extend(ConnectionLiteral::parts(own, &variable.path, &host, spots.to_vec()));
            database.port = port.parse().map_err(|_| None);
        }
        None => {
            database
                .said
                .extend(ConnectionLiteral::whole(own, Field::Host, &variable.path));
            let port = database.text(own, Field::Port, environment.each(&PORTS));
            database.port = port.and_then(|port| port.parse().map_err(|_| None));
        }
    }
    database.host = Ok(name.to_owned());
    database
}

/// An environment of a container, a unit or a NixOS service.
struct Environment {
    label: String,
    path: Vec<String>,
}

impl Environment {
    fn whole(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }

    fn at<'p>(&'p self, name: &'p str) -> Vec<&'p str> {
        self.path.iter().map(String::as_str).chain([name]).collect()
    }

    fn each<'p>(&'p self, names: &[&'p str]) -> Vec<Vec<&'p str>> {
        names.iter().map(|name| self.at(name)).collect()
    }
}

fn environments(own: &ServiceDefs) -> Vec<Environment> {
    let owned = |path: Vec<&str>| path.into_iter().map(str::to_owned).collect();
    let mut found = Vec::new();
    for container in containers::of(own) {
        if container.image(own).is_some_and(|image| of_image(&image).is_some()) {
            continue;
        }
        for path in [
            container.path(&["containerConfig", "environments"]),
            container.path(&["environment"]),
        ] {
            found.push(Environment {
                label: texts::container(&container.name),
                path: owned(path),
            });
        }
    }
    for option in [&["systemd", "services"][..], &["services"][..]] {
        for name in own.attributes(option) {
            found.push(Environment {
                label: format!("{}.{name}.environment", option.join(".")),
                path: owned([option, &[&name, "environment"]].concat()),
            });
        }
    }
    found
}
