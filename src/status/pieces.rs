//! The pieces that a service is made of, each with where it stands. They are read alike in both patterns, so that those
//! of a plan's outcome can be held against those of the repository as it is.

use std::collections::BTreeMap;

use super::discover::Found;
use super::kept::{Elements, of_fact};
use super::left::Left;
use super::{Kept, Pattern};
use crate::error::Place;
use crate::plan::model::{self, Context, Guard, ServiceFacts};
use crate::plan::share::ownership;
use crate::resolve::module::{Def, Module, path_text};
use crate::rules::{ContractField as Field, Rules, parts};
use crate::syntax::{self, AstNode};

/// What a piece is, in the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// What declares the service: its legacy set, or its contract.
    Declaration,
    /// What turns it on.
    Switch,
    /// Its address: fields of the declaration.
    Route,
    /// The directory of its state that the contract names.
    State,
    /// An entry of what survives a reboot.
    Persistence,
    /// Its backup job.
    Backup,
    /// The services and databases that it needs.
    Needs,
    /// Where its log is.
    Log,
    /// Other fields of the declaration.
    Field,
    /// A container, or a pod of containers.
    Container,
    /// A secret.
    Secret,
    /// What it opens of the firewall.
    Firewall,
    /// Other options that its module sets.
    Option,
    /// The file of its module.
    Module,
    /// What imports the module.
    Import,
    /// The tests that import the module.
    Test,
}

impl Kind {
    /// Its name, for programs and for people.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Declaration => "declaration",
            Kind::Switch => "switch",
            Kind::Route => "route",
            Kind::State => "state",
            Kind::Persistence => "persistence",
            Kind::Backup => "backup",
            Kind::Needs => "needs",
            Kind::Log => "log",
            Kind::Field => "field",
            Kind::Container => "container",
            Kind::Secret => "secret",
            Kind::Firewall => "firewall",
            Kind::Option => "option",
            Kind::Module => "module",
            Kind::Import => "import",
            Kind::Test => "test",
        }
    }

    /// What a field of a declaration is a part of.
    fn of(field: &Field) -> Kind {
        match field {
            Field::Enable => Kind::Switch,
            Field::Domain
            | Field::Exposed
            | Field::Subdomain
            | Field::Port
            | Field::Url
            | Field::Type
            | Field::Middlewares
            | Field::TraefikDynamicConfig => Kind::Route,
            Field::DataDir => Kind::State,
            Field::PersistedData => Kind::Persistence,
            Field::BackupPaths
            | Field::BackupJob
            | Field::BackupUnits
            | Field::BackupExclude
            | Field::BackupPrepare
            | Field::BackupCleanup
            | Field::BackupPriority
            | Field::BackupRequiresNetwork => Kind::Backup,
            Field::DependsOn | Field::Databases => Kind::Needs,
            Field::Journalctl | Field::UnitName | Field::LogPath => Kind::Log,
            Field::Extra(_) => Kind::Field,
        }
    }
}

/// One piece of a service.
#[derive(Clone, Debug)]
pub struct Piece {
    pub kind: Kind,
    /// What tells it from others of its kind: a directory, the name of a secret; empty for the only one.
    pub name: String,
    /// What it says, for people: names of fields, directories.
    pub says: Vec<String>,
    /// Every place that it stands at, in the order of the files.
    pub places: Vec<Place>,
}

impl Piece {
    /// What it is, for people: `secret jellyfin/key`, `route (url, type)`.
    pub fn title(&self) -> String {
        let kind = self.kind.name();
        match (self.name.as_str(), self.says.as_slice()) {
            ("", []) => kind.to_owned(),
            ("", says) => format!("{kind} ({})", says.join(", ")),
            (name, _) => format!("{kind} {name}"),
        }
    }
}

/// What was found so far.
#[derive(Default)]
struct Gathered {
    pieces: BTreeMap<(Kind, String), Piece>,
}

impl Gathered {
    fn add(&mut self, kind: Kind, name: &str, says: Option<&str>, place: Place) {
        let piece = self.pieces.entry((kind, name.to_owned())).or_insert_with(|| Piece {
            kind,
            name: name.to_owned(),
            says: Vec::new(),
            places: Vec::new(),
        });
        if let Some(says) = says.filter(|says| !piece.says.iter().any(|other| other == says)) {
            piece.says.push(says.to_owned());
        }
        let is_there = |other: &Place| other.path == place.path && other.span == place.span;
        if !piece.places.iter().any(is_there) {
            piece.places.push(place);
        }
    }

    fn kept(&mut self, kept: Vec<Kept>) {
        for kept in kept {
            self.add(Kind::Persistence, &kept.path, None, kept.place);
        }
    }

    fn finish(self) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = self.pieces.into_values().collect();
        for piece in &mut pieces {
            let key = |place: &Place| (place.path.clone(), place.span.start);
            piece.places.sort_by_key(key);
        }
        pieces
    }
}

/// The pieces of the service, by kind and name.
pub fn of(context: &Context, found: &Found) -> Vec<Piece> {
    let mut all = Gathered::default();
    let facts = match found.pattern {
        Pattern::Legacy => ServiceFacts::collect(context, &found.name).ok(),
        _ => None,
    };
    declared(context, found, &mut all);
    match found.pattern {
        Pattern::Contract => remnants(context, found, &mut all),
        Pattern::Legacy => facts.iter().for_each(|facts| scattered(context, facts, &mut all)),
        Pattern::Undeclared => jobs(context, found, &mut all),
    }
    for def in own(context, found, facts.as_ref()) {
        option(context.rules(), found.module, def, &mut all);
    }
    if let Some(facts) = facts.filter(|facts| facts.co_located.is_some()) {
        elements(context, found, &facts, &mut all);
    }
    let home = found.module.source.path();
    all.add(Kind::Module, "", None, found.module.source.place(0..0));
    for (source, literal) in context.repo.naming(home) {
        let is_it = literal.target.as_os_str() == home.as_os_str() || literal.is_module;
        if is_it && source.path() != home {
            let kind = match source.path().starts_with(&context.rules().paths.tests) {
                true => Kind::Test,
                false => Kind::Import,
            };
            all.add(kind, "", None, source.place(literal.span.clone()));
        }
    }
    all.finish()
}

/// The bindings that declare the service, and the fields in them.
fn declared(context: &Context, found: &Found, all: &mut Gathered) {
    let rules = context.rules();
    let namespace = match found.pattern {
        Pattern::Contract => &rules.namespaces.contract,
        Pattern::Legacy => &rules.namespaces.services,
        Pattern::Undeclared => return,
    };
    let prefix = below(namespace, found);
    let field_of = |name: &str| match found.pattern {
        Pattern::Contract => Field::named(name),
        _ => rules.fields.get(name).cloned(),
    };
    for declaration in model::topmost(context.model, &prefix) {
        let field = declaration.def.name(prefix.len()).map(field_of);
        // What only turns it on is no declaration of what it is.
        if field != Some(Some(Field::Enable)) {
            all.add(Kind::Declaration, "", None, declaration.place());
        }
    }
    for (module, def) in context.model.under(&prefix) {
        let Some(name) = def.name(prefix.len()) else { continue };
        // What stands inside a field is a part of it.
        if def.path.len() - def.own > prefix.len() {
            continue;
        }
        let place = module.source.place_of(def.entry.syntax());
        let field = field_of(name);
        let kind = field.as_ref().map_or(Kind::Field, Kind::of);
        match kind {
            Kind::Persistence => all.kept(Elements::defined(context, module, def).directories()),
            // `null` says that there is none.
            Kind::State => {
                let value = def.value.as_ref().map(|value| Elements::one(context, module, value));
                for kept in value.iter().flat_map(Elements::directories) {
                    all.add(kind, "", Some(&kept.path), place.clone());
                }
            }
            Kind::Switch => all.add(kind, "", None, place),
            Kind::Backup if field == Some(Field::BackupPaths) => {
                // An empty list says that there is no job.
                for kept in Elements::defined(context, module, def).directories() {
                    all.add(kind, "", Some(&kept.path), place.clone());
                }
            }
            Kind::Backup => all.add(kind, "", None, place),
            _ => all.add(kind, "", Some(name), place),
        }
    }
}

/// The option path of the service below a namespace.
fn below<'p>(namespace: &'p str, found: &'p Found) -> Vec<&'p str> {
    parts(namespace).into_iter().chain([found.name.as_str()]).collect()
}

/// What stands apart from a legacy declaration: its switch, its jobs, its entries of lists.
fn scattered(context: &Context, facts: &ServiceFacts, all: &mut Gathered) {
    if let Guard::Switch { definitions, .. } = &facts.guard {
        for definition in definitions {
            all.add(Kind::Switch, "", None, definition.place());
        }
    }
    facts.all_jobs().for_each(|job| backup(context, job, all));
    for entry in &facts.persisted {
        all.kept(Elements::one(context, entry.module, &entry.element).directories());
    }
}

fn backup(context: &Context, job: &model::Job, all: &mut Gathered) {
    let paths = job.facts.iter().filter(|fact| fact.field == Field::BackupPaths);
    let paths: Vec<String> = paths
        .flat_map(|fact| of_fact(context, fact))
        .map(|kept| kept.path)
        .collect();
    for declaration in &job.declarations {
        all.add(Kind::Backup, "", None, declaration.place());
        paths
            .iter()
            .for_each(|path| all.add(Kind::Backup, "", Some(path), declaration.place()));
    }
}

/// What the old pattern still has of a service with a contract.
fn remnants(context: &Context, found: &Found, all: &mut Gathered) {
    let legacy = below(&context.rules().namespaces.services, found);
    for declaration in model::topmost(context.model, &legacy) {
        all.add(Kind::Declaration, "", None, declaration.place());
    }
    let rules = context.rules();
    for (module, def) in context.model.under(&legacy) {
        let field = def.name(legacy.len()).and_then(|name| rules.fields.get(name));
        if field == Some(&Field::PersistedData) && def.path.len() == legacy.len() + 1 {
            all.kept(Elements::defined(context, module, def).directories());
        }
    }
    let left = Left::of(context, found);
    left.jobs.iter().for_each(|job| backup(context, job, all));
    for entry in &left.persisted {
        all.kept(Elements::one(context, entry.module, &entry.element).directories());
    }
}

/// The job of its name that a service without a declaration has.
fn jobs(context: &Context, found: &Found, all: &mut Gathered) {
    let job = below(&context.rules().namespaces.backups, found);
    for declaration in model::topmost(context.model, &job) {
        all.add(Kind::Backup, "", None, declaration.place());
    }
}

/// The definitions of its module that are the service's, besides its declaration.
fn own<'m>(context: &Context, found: &Found<'m>, facts: Option<&ServiceFacts>) -> Vec<&'m Def> {
    let module = found.module;
    let names = found.names(context);
    let conditions = ownership::text_of(&found.def);
    let outer: Vec<&Def> = match (found.pattern, facts) {
        (Pattern::Legacy, Some(facts)) if facts.co_located.is_some() => {
            ownership::owned(context, module, &names, &found.name, &conditions)
        }
        (Pattern::Legacy, Some(_)) => return module.defs.iter().collect(),
        (Pattern::Undeclared, _) if ownership::owns_everything(context, module, &found.name) => {
            return module.defs.iter().collect();
        }
        (Pattern::Contract, _) if !is_shared(context, module, &found.name) => return module.defs.iter().collect(),
        (Pattern::Contract, _) => {
            let named = |def: &&Def| {
                def.path
                    .iter()
                    .flatten()
                    .any(|name| names.owner(name) == Some(&found.name))
            };
            return module.defs.iter().filter(named).collect();
        }
        _ => ownership::owned(context, module, &names, &found.name, &conditions),
    };
    let spans: Vec<_> = outer.iter().map(|def| syntax::span(def.entry.syntax())).collect();
    let inside = |def: &&Def| {
        let inner = syntax::span(def.entry.syntax());
        spans.iter().any(|span| syntax::covers(span, &inner))
    };
    module.defs.iter().filter(inside).collect()
}

/// The elements of lists in a shared file that are the service's.
fn elements(context: &Context, found: &Found, facts: &ServiceFacts, all: &mut Gathered) {
    let conditions = ownership::text_of(&found.def);
    let owned = ownership::owned_elements(context, found.module, &facts.names, &found.name, &conditions);
    for (def, elements) in owned {
        let name = path_text(&def.path[..DEPTH.min(def.path.len())]);
        for element in elements {
            all.add(
                Kind::Option,
                &name,
                None,
                found.module.source.place_of(element.syntax()),
            );
        }
    }
}

/// Whether the module declares other services.
pub(super) fn is_shared(context: &Context, module: &Module, service: &str) -> bool {
    let names = &context.rules().namespaces;
    [&names.services, &names.contract].into_iter().any(|namespace| {
        let prefix = parts(namespace);
        let mut others = module.under(&prefix).filter_map(|def| def.name(prefix.len()));
        others.any(|name| name != service)
    })
}

/// Options whose attributes are secrets.
const SECRETS: [&[&str]; 3] = [&["sops", "secrets"], &["sops", "templates"], &["age", "secrets"]];
const FIREWALL: [&str; 2] = ["networking", "firewall"];
/// How much of an option's path tells one from another.
const DEPTH: usize = 2;

/// Notes what a definition of the service's module is.
fn option(rules: &Rules, module: &Module, def: &Def, all: &mut Gathered) {
    let names = &rules.namespaces;
    let apart = [&names.services, &names.backups, &names.contract, &names.switches];
    let persistence = rules.persistence.options.iter();
    if apart
        .into_iter()
        .chain(persistence)
        .any(|option| def.under(&parts(option)))
    {
        return;
    }
    let named = |options: &[Vec<&str>]| options.iter().find(|option| def.under(option)).map(Vec::len);
    let containers: Vec<Vec<&str>> = rules.containers.options.iter().map(|option| parts(option)).collect();
    let pods: Vec<Vec<&str>> = rules.containers.pods.iter().map(|option| parts(option)).collect();
    let secrets = SECRETS.map(<[&str]>::to_vec);
    let (kind, depth) = match (named(&containers).or_else(|| named(&pods)), named(&secrets)) {
        (Some(depth), _) => (Kind::Container, depth + 1),
        (_, Some(depth)) => (Kind::Secret, depth + 1),
        _ if def.under(&FIREWALL) => (Kind::Firewall, DEPTH + 1),
        _ => (Kind::Option, DEPTH),
    };
    // The outermost binding that says one of them; what is above it has others in it.
    if def.path.len() - def.own >= depth {
        return;
    }
    let name = match (kind, def.path.get(depth - 1)) {
        (Kind::Option | Kind::Firewall, _) => path_text(&def.path[..depth.min(def.path.len())]),
        (_, Some(Some(name))) => name.to_string(),
        (_, Some(None)) => path_text(&def.path[depth - 1..depth]),
        (_, None) => def.path_text(),
    };
    if def.path.len() < depth && is_divided(module, def) {
        return;
    }
    let place = module.source.place_of(def.entry.syntax());
    match kind {
        Kind::Firewall => {
            let last = name.rsplit('.').next().unwrap_or_default().to_owned();
            all.add(kind, "", Some(&last), place);
        }
        _ => all.add(kind, &name, None, place),
    }
}

/// Whether what a binding defines is found in definitions of its own.
fn is_divided(module: &Module, def: &Def) -> bool {
    let outer = syntax::span(def.entry.syntax());
    module.defs.iter().any(|other| {
        let inner = syntax::span(other.entry.syntax());
        inner != outer && syntax::covers(&outer, &inner)
    })
}
