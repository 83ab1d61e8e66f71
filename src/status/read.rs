//! What is said of each service.

use std::collections::BTreeSet;

use super::discover::{self, Found};
use super::kept::{self, Elements};
use super::pieces::{self, Piece};
use super::surroundings::Surroundings;
use super::{Answer, BackedUp, Kept, Pattern, Service, gaps, holds, left, state, texts};
use crate::plan::migrate::Migration;
use crate::plan::model::{Choices, Context, ServiceFacts, unseen_import};
use crate::resolve::module::{Def, Module};
use crate::resolve::value::{Known, Value};
use crate::resolve::{Eval, UnknownReason};
use crate::rules::{ContractField, parts};
use crate::syntax::AstNode;

/// Every service, by name.
pub fn services(context: &Context) -> Vec<Service> {
    entries(context).into_iter().map(|(_, service)| service).collect()
}

/// Every service, by name, with how it was found.
pub fn entries<'a>(context: &Context<'a>) -> Vec<(Found<'a>, Service)> {
    let around = Surroundings::of(context);
    let with_what_is_said = |found| {
        let service = service(&around, &found);
        (found, service)
    };
    let mut entries: Vec<(Found, Service)> = discover::services(context).into_iter().map(with_what_is_said).collect();
    let jobs = |(_, service): &(Found, Service)| {
        let jobs = service.backed_up.iter().filter_map(|saved| saved.job.clone());
        jobs.chain([service.name.clone()]).collect::<Vec<_>>()
    };
    let claimed: BTreeSet<String> = entries.iter().flat_map(jobs).collect();
    // A job that no service has may be one's of which not everything is seen.
    let hides_jobs = context.model.hides_imports().is_some() && entries.iter().any(|(_, one)| one.unseen.is_some());
    if !hides_jobs {
        entries.extend(discover::by_jobs(context, &claimed).into_iter().map(with_what_is_said));
    }
    entries.sort_by(|(_, a), (_, b)| a.name.cmp(&b.name));
    entries
}

/// Every service, by name, with its pieces.
pub fn with_pieces(context: &Context) -> Vec<(Service, Vec<Piece>)> {
    let entries = entries(context).into_iter();
    entries
        .map(|(found, service)| (service, pieces::of(context, &found)))
        .collect()
}

/// The service `name`; `None` where there is none of that name.
pub fn one(context: &Context, name: &str) -> Option<Service> {
    let found = discover::services(context);
    let found = found.iter().find(|found| found.name == name)?;
    Some(service(&Surroundings::of(context), found))
}

fn service(around: &Surroundings, found: &Found) -> Service {
    let context = around.context;
    let choices = Choices {
        from: (found.pattern == Pattern::Undeclared).then(|| found.module.source.path().to_owned()),
        ..context.choices.clone()
    };
    let chosen = Context {
        choices: &choices,
        ..*context
    };
    let mut service = Service {
        name: found.name.clone(),
        pattern: found.pattern,
        place: discover::place(found),
        enabled: Answer::Known(false),
        port: None,
        exposed: None,
        persisted: Vec::new(),
        backed_up: Vec::new(),
        unseen: None,
        unsaved: Vec::new(),
        state: None,
        holds: Vec::new(),
        gaps: Vec::new(),
        blocked: None,
    };
    let mut own = Vec::new();
    let mut named = None;
    if found.pattern == Pattern::Contract {
        let contract = Contract { context, found };
        contract.read(&mut service);
        named = contract.data_dir().into_iter().next();
        own.clone_from(&service.persisted);
        left::add(context, found, &mut service);
    } else {
        service.enabled = enabled(context, found.module, &found.def);
        legacy(context, found, &mut service);
        match Migration::outline(&chosen, &found.name) {
            Ok(migration) => {
                facts(context, migration.facts(), &mut service);
                service.blocked = migration.check().err();
            }
            Err(error) => {
                service.unseen = Some(UnknownReason {
                    reason: error.message().to_owned(),
                    place: error.place().unwrap_or(&service.place).clone(),
                });
                service.blocked = Some(error);
            }
        }
    }
    if found.pattern == Pattern::Undeclared && service.backed_up.is_empty() && found.containers.is_empty() {
        job(context, found, &mut service);
    }
    let volumes = holds::all(context, found, &service);
    kept::through_parents(&around.persisted, &volumes, &mut service);
    gaps::find(around, found, &volumes, &own, &mut service);
    service.state = named.map(|named| state::of(around, &service, named));
    let held = volumes.iter().filter(|kept| kept.matters());
    service.holds = held.map(|kept| state::of(around, &service, kept.clone())).collect();
    if found.pattern == Pattern::Contract {
        let state = service.state.iter().map(|state| &state.kept);
        let keeps = service.persisted.iter().chain(&volumes).chain(state).any(Kept::matters);
        gaps::database(around, found, keeps, &mut service);
    }
    service
}

/// Whether an import of the host leads to a module; not known where a file cannot be read that may import it.
fn is_imported(context: &Context, module: &Module) -> Answer<bool> {
    let path = module.source.path();
    match unseen_import(context, path) {
        Some(error) => Answer::Unknown(UnknownReason {
            reason: error.reason_text().unwrap_or(error.message()).to_owned(),
            place: error.place().cloned().unwrap_or_else(|| module.source.place(0..0)),
        }),
        None => Answer::Known(context.model.is_imported(path)),
    }
}

/// Whether a definition counts on the host.
fn enabled(context: &Context, module: &Module, def: &Def) -> Answer<bool> {
    match is_imported(context, module) {
        Answer::Known(true) => {}
        known => return known,
    }
    let eval = Eval::new(context.model, module);
    match eval.holds(&def.context.conditions) {
        Ok(true) => Answer::Known(true),
        Ok(false) => {
            let switches = def
                .context
                .conditions
                .iter()
                .filter_map(|condition| eval.option_path(condition));
            let unset = switches.map(|path| unset_so_far(context, &path)).find(Option::is_some);
            unset.flatten().map_or(Answer::Known(false), Answer::Unknown)
        }
        Err(why) => Answer::Unknown(why),
    }
}

/// Why it is not known that nothing sets an option, where nothing is known to: a file of the host cannot be read.
fn unset_so_far(context: &Context, path: &[String]) -> Option<UnknownReason> {
    let names: Vec<&str> = path.iter().map(String::as_str).collect();
    let faulty = context.model.hides_imports()?;
    let error = context.repo.source(faulty)?.syntax_error()?;
    context.model.definitions(&names).is_empty().then(|| UnknownReason {
        reason: texts::may_be_set(faulty),
        place: error
            .place()
            .cloned()
            .unwrap_or_else(|| crate::error::Place::new(faulty, &"".into(), 0..0)),
    })
}

/// The route of a legacy declaration, and the port that a container publishes without one.
fn legacy(context: &Context, found: &Found, service: &mut Service) {
    if found.pattern == Pattern::Undeclared {
        service.port = kept::published(context, found);
        return;
    }
    let rules = context.rules();
    let field = |wanted: &ContractField| {
        let names = rules.fields.iter().filter(move |(_, field)| *field == wanted);
        let mut values =
            names.filter_map(|(name, _)| Field::of(context, &rules.namespaces.services, &found.name, name));
        values.next()
    };
    service.port = field(&ContractField::Url).and_then(|url| url.port());
    let access = field(&ContractField::Type);
    service.exposed = Some(access.map_or_else(|| Answer::Known(PRIVATE.to_owned()), |access| access.text()));
}

/// What a route is whose type nobody sets.
const PRIVATE: &str = "private";

/// A field as it is defined, wherever that is.
pub(super) struct Field<'a> {
    module: &'a Module,
    eval: Eval<'a>,
    /// Its definition, or why it is not known.
    def: Result<&'a Def, UnknownReason>,
}

impl<'a> Field<'a> {
    /// The field of a service; `None` where nothing defines it.
    pub(super) fn of(context: &Context<'a>, namespace: &str, service: &str, field: &str) -> Option<Field<'a>> {
        let path: Vec<&str> = namespace.split('.').chain([service, field]).collect();
        let (module, def) = match context.model.definitions(&path).into_iter().next() {
            Some((module, def)) => (module, Ok(def)),
            None => {
                let (module, part) = context.model.may_define(&path)?;
                (module, Err(part.why(module)))
            }
        };
        let eval = Eval::new(context.model, module);
        Some(Field { module, eval, def })
    }

    pub(super) fn value(&self) -> Value {
        match &self.def {
            Ok(def) => self.eval.definition(def),
            Err(why) => Value::Unknown(why.clone()),
        }
    }

    pub(super) fn string(&self) -> Result<String, UnknownReason> {
        match self.value() {
            Value::Known(Known::Str(text)) => Ok(text),
            Value::Unknown(why) => Err(why),
            _ => Err(self.why("it is no string")),
        }
    }

    fn why(&self, reason: &str) -> UnknownReason {
        match &self.def {
            Ok(def) => UnknownReason {
                reason: reason.into(),
                place: self.module.source.place_of(def.entry.syntax()),
            },
            Err(why) => why.clone(),
        }
    }

    fn text(&self) -> Answer<String> {
        match self.string() {
            Ok(text) => Answer::Known(text),
            Err(why) => Answer::Unknown(why),
        }
    }

    /// The port that a URL names; `None` for one that names none.
    fn port(&self) -> Option<Answer<u16>> {
        match self.string() {
            Ok(url) => {
                let (_, rest) = url.split_once("://")?;
                let authority = rest.split('/').next()?;
                let (_, port) = authority.rsplit_once(':')?;
                port.parse().ok().map(Answer::Known)
            }
            Err(why) => Some(Answer::Unknown(why)),
        }
    }

    /// The directories in it, which is a list.
    fn directories(&self, context: &Context<'a>) -> Vec<Kept> {
        match &self.def {
            Ok(def) => Elements::defined(context, self.module, def).directories(),
            Err(_) => Vec::new(),
        }
    }
}

/// What the facts that a migration would start from say about keeping.
fn facts(context: &Context, facts: &ServiceFacts, service: &mut Service) {
    for fact in facts.of(&ContractField::PersistedData) {
        service.persisted.extend(kept::of_fact(context, fact));
    }
    for entry in &facts.persisted {
        let own = Elements::one(context, entry.module, &entry.element);
        service.persisted.extend(own.directories());
    }
    for job in facts.all_jobs() {
        let paths = job.facts.iter().filter(|fact| fact.field == ContractField::BackupPaths);
        service.backed_up.extend(
            paths
                .flat_map(|fact| kept::of_fact(context, fact))
                .map(|kept| BackedUp {
                    kept,
                    job: Some(job.name.clone()),
                }),
        );
    }
    // What somebody reads of the declarations themselves is backed up by whoever that is.
    for fact in facts.of(&ContractField::BackupPaths) {
        let paths = kept::of_fact(context, fact).into_iter();
        service.backed_up.extend(paths.map(|kept| BackedUp { kept, job: None }));
    }
}

/// The paths of a backup job that no service has.
fn job(context: &Context, found: &Found, service: &mut Service) {
    let rules = context.rules();
    for name in rules.backup_fields_of(&ContractField::BackupPaths) {
        let Some(paths) = Field::of(context, &rules.namespaces.backups, &found.name, name) else {
            continue;
        };
        let paths = paths.directories(context);
        service.backed_up.extend(paths.into_iter().map(|kept| BackedUp {
            kept,
            job: Some(found.name.clone()),
        }));
    }
}

/// A service with a contract.
struct Contract<'c, 'a> {
    context: &'c Context<'a>,
    found: &'c Found<'a>,
}

impl<'a> Contract<'_, 'a> {
    fn field(&self, name: &str) -> Option<Field<'a>> {
        let namespace = &self.context.rules().namespaces.contract;
        Field::of(self.context, namespace, &self.found.name, name)
    }

    fn elements(&self, name: &str) -> Option<Vec<Kept>> {
        Some(self.field(name)?.directories(self.context))
    }

    /// The directory of its state; none where the contract says `null`.
    fn data_dir(&self) -> Vec<Kept> {
        let Some(field) = self.field("dataDir") else {
            return Vec::new();
        };
        let value = field.def.as_ref().ok().and_then(|def| def.value.clone());
        value.map_or_else(Vec::new, |value| {
            Elements::one(self.context, field.module, &value).directories()
        })
    }

    fn read(&self, service: &mut Service) {
        service.enabled = match (is_imported(self.context, self.found.module), self.field("enable")) {
            (Answer::Known(true), Some(enable)) => match enable.value() {
                Value::Known(Known::Bool(on)) => Answer::Known(on),
                Value::Unknown(why) => Answer::Unknown(why),
                _ => Answer::Unknown(enable.why("it is computed")),
            },
            (Answer::Known(true), None) => {
                let namespace = parts(&self.context.rules().namespaces.contract).into_iter();
                let path: Vec<String> = namespace
                    .chain([&*self.found.name, "enable"])
                    .map(str::to_owned)
                    .collect();
                unset_so_far(self.context, &path).map_or(Answer::Known(false), Answer::Unknown)
            }
            (Answer::Known(false), _) => Answer::Known(false),
            (unknown, _) => unknown,
        };
        service.port = match self.field("port").map(|port| port.value()) {
            Some(Value::Known(Known::Int(port))) => u16::try_from(port).ok().map(Answer::Known),
            Some(Value::Unknown(why)) => Some(Answer::Unknown(why)),
            _ => self.field("url").and_then(|url| url.port()),
        };
        service.exposed = match self.field("exposed").map(|exposed| exposed.value()) {
            Some(Value::Known(Known::Bool(true))) => {
                let access = self.field("type").map(|access| access.text());
                Some(access.unwrap_or_else(|| Answer::Known(PRIVATE.to_owned())))
            }
            Some(Value::Unknown(why)) => Some(Answer::Unknown(why)),
            _ => None,
        };
        service.persisted = self.elements("persistedData").unwrap_or_else(|| self.data_dir());
        let job = self.field("backupJob").map(|job| {
            let written = job.def.as_ref().ok().and_then(|def| def.value.as_ref());
            let written = written.map(|value| crate::syntax::text_of(value.syntax()));
            job.string().ok().or(written).unwrap_or_default()
        });
        let job = job.unwrap_or_else(|| self.found.name.clone());
        let paths = ["backupPaths", "backupDirectories"];
        let paths = paths.into_iter().filter_map(|name| self.elements(name)).flatten();
        service.backed_up = paths
            .map(|kept| BackedUp {
                kept,
                job: Some(job.clone()),
            })
            .collect();
    }
}
