//! What is said of each service.

use std::collections::BTreeSet;

use super::discover::{self, Found};
use super::kept::{self, Elements};
use super::{Answer, BackedUp, Kept, Pattern, Service, gaps};
use crate::plan::facts::{Choices, Context, Facts};
use crate::plan::migrate::Migration;
use crate::plan::share::ownership::Names;
use crate::repo::hosts;
use crate::resolve::module::{Def, Module};
use crate::resolve::value::{Known, Value};
use crate::resolve::{Eval, UnknownReason};
use crate::syntax::{AstNode, ast};

/// What all services are read with.
pub struct Surroundings<'a> {
    pub context: &'a Context<'a>,
    /// Everything that is persisted on the host, whoever says so.
    pub persisted: Vec<Kept>,
    /// The imports that are commented out.
    pub commented: Vec<(std::path::PathBuf, crate::error::Place)>,
}

/// Every service, by name.
pub fn services(context: &Context) -> Vec<Service> {
    let around = Surroundings {
        context,
        persisted: kept::persisted_anywhere(context),
        commented: hosts::commented_imports(context.repo),
    };
    let found = discover::services(context);
    let mut services: Vec<Service> = found.iter().map(|found| service(&around, found)).collect();
    let claimed: BTreeSet<String> = services
        .iter()
        .flat_map(|s| s.backed_up.iter().map(|b| b.job.clone()).chain([s.name.clone()]))
        .collect();
    services.extend(
        discover::by_jobs(context, &claimed)
            .iter()
            .map(|found| service(&around, found)),
    );
    services.sort_by(|a, b| a.name.cmp(&b.name));
    services
}

fn service(around: &Surroundings, found: &Found) -> Service {
    let context = around.context;
    let choices = Choices {
        from: (found.pattern == Pattern::Undeclared).then(|| found.module.source.path().to_owned()),
        ..context.choices.clone()
    };
    let own = Context {
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
        gaps: Vec::new(),
        blocked: None,
    };
    let volumes = kept::volumes(context, found);
    if found.pattern == Pattern::Contract {
        Contract { context, found }.read(&mut service);
    } else {
        service.enabled = enabled(context, found.module, &found.def);
        legacy(context, found, &mut service);
        match Migration::outline(&own, &found.name) {
            Ok(migration) => {
                facts(context, migration.facts(), &mut service);
                service.blocked = migration.check().err();
            }
            Err(error) => service.blocked = Some(error),
        }
    }
    if found.pattern == Pattern::Undeclared && service.backed_up.is_empty() && found.containers.is_empty() {
        job(context, found, &mut service);
    }
    kept::through_parents(&around.persisted, &volumes, &mut service);
    gaps::find(around, found, &volumes, &mut service);
    service
}

/// Whether a definition counts on the host.
fn enabled(context: &Context, module: &Module, def: &Def) -> Answer<bool> {
    if !context.model.is_imported(module.source.path()) {
        return Answer::Known(false);
    }
    match Eval::new(context.model, module).holds(&def.context.conditions) {
        Ok(holds) => Answer::Known(holds),
        Err(why) => Answer::Unknown(why),
    }
}

/// The route of a legacy declaration, and the port that a container publishes without one.
fn legacy(context: &Context, found: &Found, service: &mut Service) {
    if found.pattern == Pattern::Undeclared {
        service.port = kept::published(context, found);
        return;
    }
    let namespace = &context.rules().namespaces.services;
    let field = |name: &str| field(context, namespace, &found.name, name);
    if let Some((module, value)) = field("url") {
        service.port = port_of_url(&Eval::new(context.model, module), &value);
    }
    service.exposed = Some(match field("type") {
        Some((module, value)) => text(&Eval::new(context.model, module), &value),
        None => Answer::Known(PRIVATE.to_owned()),
    });
}

/// What a route is whose type nobody sets.
const PRIVATE: &str = "private";

/// A field's value, wherever it is defined.
fn field<'a>(context: &Context<'a>, namespace: &str, service: &str, field: &str) -> Option<(&'a Module, ast::Expr)> {
    let path: Vec<&str> = namespace.split('.').chain([service, field]).collect();
    let mut definitions = context.model.definitions(&path).into_iter();
    definitions.find_map(|(module, def)| Some((module, def.value.clone()?)))
}

fn text(eval: &Eval, value: &ast::Expr) -> Answer<String> {
    match eval.string(value) {
        Ok(text) => Answer::Known(text),
        Err(why) => Answer::Unknown(why),
    }
}

/// The port that a URL names; `None` for one that names none.
fn port_of_url(eval: &Eval, value: &ast::Expr) -> Option<Answer<u16>> {
    match eval.string(value) {
        Ok(url) => {
            let (_, rest) = url.split_once("://")?;
            let authority = rest.split('/').next()?;
            let (_, port) = authority.rsplit_once(':')?;
            port.parse().ok().map(Answer::Known)
        }
        Err(why) => Some(Answer::Unknown(why)),
    }
}

/// What the facts that a migration would start from say about keeping.
fn facts(context: &Context, facts: &Facts, service: &mut Service) {
    for field in facts.named("persistedData") {
        let own = Elements::of(context, field.module, field.value.as_ref());
        service.persisted.extend(own.directories());
    }
    for entry in &facts.persisted {
        let own = Elements::one(context, entry.module, &entry.element);
        service.persisted.extend(own.directories());
    }
    for job in &facts.jobs {
        let kept: Vec<Kept> = match &job.part {
            None => job
                .fields
                .iter()
                .filter(|field| field.name == "paths")
                .flat_map(|field| Elements::of(context, field.module, field.value.as_ref()).directories())
                .collect(),
            Some(part) => part
                .iter()
                .filter(|(field, _)| field.name == "paths")
                .flat_map(|(field, elements)| {
                    let of = |element| Elements::one(context, field.module, element).directories();
                    elements.iter().flat_map(of).collect::<Vec<_>>()
                })
                .collect(),
        };
        service.backed_up.extend(kept.into_iter().map(|kept| BackedUp {
            kept,
            job: job.name.clone(),
        }));
    }
}

/// The paths of a backup job that no service has.
fn job(context: &Context, found: &Found, service: &mut Service) {
    let namespace = &context.rules().namespaces.backups;
    if let Some((module, value)) = field(context, namespace, &found.name, "paths") {
        let paths = Elements::of(context, module, Some(&value)).directories();
        service.backed_up.extend(paths.into_iter().map(|kept| BackedUp {
            kept,
            job: found.name.clone(),
        }));
    }
}

/// The names of every service, and of this one.
pub fn names(context: &Context, found: &Found) -> Names {
    Names::of(context, &found.name)
}

/// A service with a contract.
struct Contract<'c, 'a> {
    context: &'c Context<'a>,
    found: &'c Found<'a>,
}

impl<'a> Contract<'_, 'a> {
    fn field(&self, name: &str) -> Option<(&'a Module, ast::Expr)> {
        field(
            self.context,
            &self.context.rules().namespaces.contract,
            &self.found.name,
            name,
        )
    }

    fn eval(&self, name: &str) -> Option<Value> {
        let (module, value) = self.field(name)?;
        Some(Eval::new(self.context.model, module).force(&value))
    }

    fn elements(&self, name: &str) -> Option<Vec<Kept>> {
        let (module, value) = self.field(name)?;
        Some(Elements::of(self.context, module, Some(&value)).directories())
    }

    fn read(&self, service: &mut Service) {
        let here = self.context.model.is_imported(self.found.module.source.path());
        service.enabled = match self.eval("enable") {
            _ if !here => Answer::Known(false),
            None => Answer::Known(false),
            Some(Value::Known(Known::Bool(on))) => Answer::Known(on),
            Some(Value::Unknown(why)) => Answer::Unknown(why),
            Some(_) => Answer::Unknown(self.computed("enable")),
        };
        service.port = match self.eval("port") {
            Some(Value::Known(Known::Int(port))) => u16::try_from(port).ok().map(Answer::Known),
            Some(Value::Unknown(why)) => Some(Answer::Unknown(why)),
            _ => self
                .field("url")
                .and_then(|(module, url)| port_of_url(&Eval::new(self.context.model, module), &url)),
        };
        service.exposed = match self.eval("exposed") {
            Some(Value::Known(Known::Bool(true))) => Some(match self.field("type") {
                Some((module, value)) => text(&Eval::new(self.context.model, module), &value),
                None => Answer::Known(PRIVATE.to_owned()),
            }),
            Some(Value::Unknown(why)) => Some(Answer::Unknown(why)),
            _ => None,
        };
        let data_dir = self.field("dataDir").into_iter().flat_map(|(module, value)| {
            let own = Elements::one(self.context, module, &value);
            own.directories()
        });
        service.persisted = self.elements("persistedData").unwrap_or_else(|| data_dir.collect());
        let job = match self.field("backupJob") {
            Some((module, value)) => match Eval::new(self.context.model, module).string(&value) {
                Ok(job) => job,
                Err(_) => crate::syntax::text_of(value.syntax()),
            },
            None => self.found.name.clone(),
        };
        let paths = ["backupPaths", "backupDirectories"];
        let paths = paths.into_iter().filter_map(|name| self.elements(name)).flatten();
        service.backed_up = paths.map(|kept| BackedUp { kept, job: job.clone() }).collect();
    }

    fn computed(&self, name: &str) -> UnknownReason {
        let place = self
            .field(name)
            .map(|(module, value)| module.source.place_of(value.syntax()));
        UnknownReason {
            reason: "it is computed".into(),
            place: place.unwrap_or_else(|| discover::place(self.found)),
        }
    }
}
