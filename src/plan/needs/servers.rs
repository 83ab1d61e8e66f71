//! What single definitions say of a database, each only a part of it: the containers and options that run one, and the
//! options that lead to one. What leads to one in environments is [`super::environments`].

use std::ops::Range;

use super::database::{Database, Missing};
use super::own::ServiceDefs;
use super::said::{self, ConnectionLiteral, Field, Part, Spot, first_text};
use super::{address, containers, texts};
use crate::error::Place;
use crate::plan::model::Context;
use crate::plan::url::is_local;
use crate::resolve::module::{self, Module};
use crate::resolve::value::{Known, UnknownReason, Value};
use crate::rules::parts;
use crate::syntax::ast;

/// A kind of database server.
pub struct Kind {
    /// As the contract has it.
    pub name: &'static str,
    /// Other names of it, in options and addresses.
    aliases: &'static [&'static str],
    /// What its images are called: a part of the last component of their name.
    images: &'static [&'static str],
    /// The variables by which its image is told name and user of the database.
    variables: [&'static [&'static str]; 2],
    /// The variables by which programs are told its host and that no other kind has.
    pub hosts: &'static [&'static str],
    pub port: u16,
}

pub const KINDS: [Kind; 2] = [
    Kind {
        name: "postgresql",
        aliases: &["postgres", "postgresql", "pgsql"],
        images: &["postgres", "pgvecto", "pgvector", "postgis", "timescaledb"],
        variables: [&["POSTGRES_DB"], &["POSTGRES_USER"]],
        hosts: &["POSTGRES_HOST", "PGHOST"],
        port: 5432,
    },
    Kind {
        name: "mysql",
        aliases: &["mysql", "mariadb"],
        images: &["mysql", "mariadb"],
        variables: [&["MYSQL_DATABASE", "MARIADB_DATABASE"], &["MYSQL_USER", "MARIADB_USER"]],
        hosts: &["MYSQL_HOST"],
        port: 3306,
    },
];

/// What one definition says of a database.
#[derive(Clone)]
pub struct Partial {
    pub kind: &'static Kind,
    pub name: Part<String>,
    pub user: Part<String>,
    pub host: Part<String>,
    pub port: Part<u16>,
    /// The literals that say it.
    pub said: Vec<ConnectionLiteral>,
    /// What says it, for people.
    pub what: String,
    place: Place,
}

impl Partial {
    pub fn new(kind: &'static Kind, what: String, place: Place) -> Partial {
        Partial {
            kind,
            name: Err(None),
            user: Err(None),
            host: Err(None),
            port: Err(None),
            said: Vec::new(),
            what,
            place,
        }
    }

    /// The text of a field by the first of `paths` that is set; notes the literal that says it.
    pub fn text(&mut self, own: &ServiceDefs, field: Field, paths: Vec<Vec<&str>>) -> Part<String> {
        let found = said::first(own, paths)?;
        self.said.extend(ConnectionLiteral::whole(own, field, &found.path));
        found.known.text().ok_or(None)
    }

    /// Notes the mappings that publish the port of a database on this machine.
    pub fn reads_published(&mut self, own: &ServiceDefs) {
        if let (Ok(host), Ok(port)) = (&self.host, &self.port)
            && is_local(host)
        {
            self.said.extend(ConnectionLiteral::published(own, *port));
        }
    }

    /// Whether both are the same database. One that has no name here is told by its port; by its name it is the same
    /// whatever port it has, since a pod and the machine around it may reach it by different ones.
    pub fn fits(&self, server: &Partial) -> bool {
        self.kind.name == server.kind.name
            && match (&self.name, &server.name, &self.port, &server.port) {
                (Ok(a), Ok(b), _, _) => a == b,
                (_, _, Ok(a), Ok(b)) => a == b,
                _ => true,
            }
    }

    /// This, filled up with what only the server says.
    pub fn with(&self, server: &Partial) -> Partial {
        let text = |a: &Part<String>, b: &Part<String>| a.clone().or_else(|_| b.clone());
        // Another address of the server, as in a network of containers, may have another port.
        let same_host = self
            .host
            .as_ref()
            .ok()
            .is_none_or(|host| server.host.as_ref().ok() == Some(host));
        let port = self.port.clone();
        Partial {
            name: text(&self.name, &server.name),
            user: text(&self.user, &server.user),
            host: text(&self.host, &server.host),
            port: if same_host {
                port.or_else(|_| server.port.clone())
            } else {
                port
            },
            said: [&self.said[..], &server.said].concat(),
            ..self.clone()
        }
    }

    /// The database, if all of it is known.
    ///
    /// # Errors
    /// The first thing that is not.
    pub fn complete(&self) -> Result<Database, Missing> {
        let field = |field: &str, part: &Part<String>| part.clone().map_err(|why| self.missing(field, why));
        let host = field("host", &self.host)?;
        let socket = host.starts_with('/');
        let port = match &self.port {
            Ok(port) => Some(*port),
            Err(None) if socket => None,
            Err(why) => return Err(self.missing("port", why.clone())),
        };
        Ok(Database {
            kind: self.kind.name,
            name: field("name", &self.name)?,
            user: field("user", &self.user)?,
            host,
            port,
            said: self.said.clone(),
            why: texts::database_why(&self.what),
        })
    }

    fn missing(&self, field: &str, why: Option<UnknownReason>) -> Missing {
        match why {
            Some(why) => Missing {
                why: texts::database_unknown(field, &why.reason),
                place: why.place,
            },
            None => Missing {
                why: texts::database_unsaid(field),
                place: self.place.clone(),
            },
        }
    }
}

/// The databases that the service's containers run. What their pods publish stands in the whole file.
pub fn in_containers(own: &ServiceDefs, file: &ServiceDefs) -> Vec<Partial> {
    let mut found = Vec::new();
    for container in containers::of(own) {
        let Some(kind) = container.image(own).and_then(|image| of_image(&image)) else {
            continue;
        };
        let mut database = Partial::new(kind, texts::container(&container.name), own.place(&container.path(&[])));
        let mut variable = |field, names| {
            let text = database.text(own, field, container.variable(names));
            text.map_err(|why| why.or_else(|| container.file(own)))
        };
        (database.name, database.user) = (
            variable(Field::Name, kind.variables[0]),
            variable(Field::User, kind.variables[1]),
        );
        match container.address(own, file, kind.port) {
            Some((host, port)) => (database.host, database.port) = (Ok(host), Ok(port)),
            None => database.port = Err(None),
        }
        found.push(database);
    }
    found
}

/// The databases that `services.postgresql` makes for the service.
pub fn ensured(own: &ServiceDefs) -> Vec<Partial> {
    let path = ["services", "postgresql", "ensureDatabases"];
    let users = ensured_users(own);
    let port = ["settings.port", "port"].iter().find_map(|option| {
        let path = [&["services", "postgresql"][..], &parts(option)].concat();
        number(own.known(&path).transpose()?)
    });
    let eval = own.context.eval(own.module);
    let database = |element: &ast::Expr| {
        let name = eval.string(element).ok()?;
        let mut database = Partial::new(&KINDS[0], path.join("."), own.place(&path));
        database.said.extend(ConnectionLiteral::of(own, Field::Name, element));
        database.user = match users.iter().find(|(user, _)| *user == name) {
            Some((user, said)) => {
                database.said.extend(said.clone());
                Ok(user.clone())
            }
            None => Err(None),
        };
        database.name = Ok(name);
        database.host = Ok("/run/postgresql".to_owned());
        database.port = port.clone().unwrap_or(Err(None));
        Some(database)
    };
    own.elements(&path).0.iter().filter_map(database).collect()
}

/// The users that `services.postgresql` makes for the service, and the literals that name them.
fn ensured_users(own: &ServiceDefs) -> Vec<(String, Option<ConnectionLiteral>)> {
    let eval = own.context.eval(own.module);
    let elements = own.elements(&["services", "postgresql", "ensureUsers"]).0;
    let user = |element: &ast::Expr| match eval.force(element) {
        Value::Set(set) => {
            let name = module::attribute(&set, "name")?;
            Some((eval.string(&name).ok()?, ConnectionLiteral::of(own, Field::User, &name)))
        }
        _ => None,
    };
    elements.iter().filter_map(user).collect()
}

/// The databases in options `services.<name>.database` of the service's own module.
pub fn in_options(own: &ServiceDefs) -> Vec<Partial> {
    let mut found = Vec::new();
    for service in own.attributes(&["services"]) {
        let base = ["services", &service, "database"];
        if own.attributes(&base).is_empty() {
            continue;
        }
        let at = |field: &'static str| [&base[..], &[field]].concat();
        let kind = match first_text(own, vec![at("type")]) {
            Ok(kind) => of_alias(&kind),
            Err(None) => own
                .context
                .rules()
                .upstream
                .get(&service)
                .and_then(|known| of_alias(known.database.as_deref()?)),
            Err(Some(_)) => None,
        };
        let Some(kind) = kind else { continue };
        let mut database = Partial::new(kind, base.join("."), own.place(&base));
        database.name = database.text(own, Field::Name, vec![at("name")]);
        database.user = database.text(own, Field::User, vec![at("user"), at("username")]);
        database.host = database.text(own, Field::Host, vec![at("host")]);
        database.port = own.known(&at("port")).transpose().and_then(number).unwrap_or(Err(None));
        database
            .said
            .extend(ConnectionLiteral::whole(own, Field::Port, &at("port")));
        database.reads_published(own);
        // What NixOS makes of it on this machine is reached by PostgreSQL's own socket.
        let local = ["createLocally", "createDB", "createDatabase"];
        let local = local
            .iter()
            .any(|field| matches!(own.known(&at(field)), Ok(Some(Known::Bool(true)))));
        if local && kind.name == "postgresql" && matches!(database.host, Err(None)) {
            database.host = Ok("/run/postgresql".to_owned());
        }
        found.push(database);
    }
    found
}

/// Whether a contract's `databases` has a database of this kind and name.
pub fn lists(context: &Context, module: &Module, value: &ast::Expr, database: &Database) -> bool {
    let model = context.model;
    let eval = crate::resolve::Eval::new(model, module);
    let mut elements = Vec::new();
    crate::resolve::list::list_elements(value, &mut elements);
    elements.iter().any(|element| {
        let Value::Set(set) = eval.force(element) else {
            return false;
        };
        let text = |field: &str| module::attribute(&set, field).and_then(|value| eval.string(&value).ok());
        let kind = text("type").unwrap_or_else(|| KINDS[0].name.to_owned());
        kind == database.kind && text("name").as_deref() == Some(&*database.name)
    })
}

fn number(known: Result<Known, UnknownReason>) -> Option<Part<u16>> {
    Some(match known {
        Ok(Known::Int(port)) => u16::try_from(port).map_err(|_| None),
        Ok(_) => Err(None),
        Err(why) => Err(Some(why)),
    })
}

/// The kind that goes by this name.
pub fn of_alias(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.aliases.contains(&name))
}

/// The kind that a word such as `django.db.backends.postgresql` or `pdo_pgsql` says.
pub fn of_word(word: &str) -> Option<&'static Kind> {
    let word = word.to_lowercase();
    KINDS
        .iter()
        .find(|kind| kind.aliases.iter().any(|alias| word.contains(alias)))
}

/// The kind of an image: `docker.io/library/postgres:16-alpine` by `postgres`.
pub fn of_image(image: &str) -> Option<&'static Kind> {
    let name = image.split(['@']).next()?.rsplit('/').next()?.split(':').next()?;
    let word =
        |part: &str, word: &str| part == word || part.trim_end_matches(|c: char| c == '.' || c.is_numeric()) == word;
    let words: Vec<&str> = name.split(['-', '_']).collect();
    let is = |kind: &&Kind| {
        words
            .first()
            .is_some_and(|first| kind.images.iter().any(|image| word(first, image)))
    };
    // A program for databases, such as an exporter, is none.
    let other = words
        .iter()
        .any(|word| ["exporter", "backup", "client", "operator", "admin"].contains(word));
    KINDS.iter().find(is).filter(|_| !other)
}

/// The kind and the parts of a database by its address, with what is left out by its default.
pub fn of_address(address: &str, what: &str, place: Place) -> Option<(Partial, Vec<Spot>)> {
    let parts = address::read(address)?;
    let kind = of_alias(parts.scheme)?;
    let part = |part: &Option<Range<usize>>| part.clone().map(|range| address[range].to_owned()).ok_or(None);
    let mut database = Partial::new(kind, what.to_owned(), place);
    database.name = part(&parts.name);
    database.user = part(&parts.user);
    database.host = part(&parts.host);
    let port = part(&parts.port).map_or(Ok(kind.port), |port| port.parse());
    database.port = port.map_err(|_| None);
    let spots = [
        (Field::User, parts.user),
        (Field::Host, parts.host),
        (Field::Port, parts.port),
        (Field::Name, parts.name),
    ];
    let spots = spots.into_iter().filter_map(|(field, range)| Some((field, range?)));
    Some((database, spots.collect()))
}
