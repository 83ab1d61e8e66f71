//! What is missing of a service, or left over.

use super::discover::Found;
use super::kept::{self, Elements};
use super::left::Left;
use super::surroundings::Surroundings;
use super::{Gap, Kept, Pattern, Service, state, texts};
use crate::error::Place;
use crate::plan::model::{self, Context, ServiceFacts, unseen_import};
use crate::plan::{needs, unread};
use crate::resolve::module::{Def, Module};
use crate::resolve::value::{Known, Value};
use crate::rules::parts;
use crate::syntax::{self, AstNode, HasEntry, ast};

/// Codes of state that is in foreign hands.
pub const FOREIGN_STATE: &str = "foreign-state";
pub const KEPT_BY_ANOTHER: &str = "kept-by-another";

/// Codes of directories that no backup has, and of data in a database that nothing of the service backs up.
pub const UNSAVED_STATE: &str = "not-backed-up";
pub const UNSAVED_DATABASE: &str = "database-not-backed-up";

/// Finds the service's gaps; `volumes` are the directories that its containers keep their state in.
/// `own` are those that its contract persists.
pub fn find(around: &Surroundings, found: &Found, volumes: &[Kept], own: &[Kept], service: &mut Service) {
    let mut gaps = Vec::new();
    import(around, found, &mut gaps);
    nowhere_enabled(around, found, service, &mut gaps);
    let unread = unread_fields(around, found, &mut gaps);
    let missing = backup(around, service, volumes, &unread, &mut gaps);
    foreign(around, service, &mut gaps);
    if found.pattern == Pattern::Contract {
        remnants(around, found, own, &mut gaps);
    }
    service.gaps = gaps;
    service.unsaved = missing;
}

fn gap(code: &'static str, text: String, place: Place) -> Gap {
    Gap { code, text, place }
}

/// A module that no import of the host leads to.
fn import(around: &Surroundings, found: &Found, gaps: &mut Vec<Gap>) {
    let path = found.module.source.path();
    // Where a file cannot be read that may import it, that keeps the service back, or its contract is said not to be known.
    if around.context.model.is_imported(path) || unseen_import(around.context, path).is_some() {
        return;
    }
    let comment = around.commented.iter().find(|(target, _)| target == path);
    gaps.push(match comment {
        Some((_, place)) => gap(
            "import-commented-out",
            texts::IMPORT_COMMENTED_OUT.into(),
            place.clone(),
        ),
        None => gap(
            "not-imported",
            texts::not_imported(around.context.host),
            found.module.source.place(0..0),
        ),
    });
}

/// A switch that exists and that nobody sets.
fn nowhere_enabled(around: &Surroundings, found: &Found, service: &Service, gaps: &mut Vec<Gap>) {
    let context = around.context;
    let off = service.enabled.known() == Some(&false);
    if !off || !context.model.is_imported(found.module.source.path()) {
        return;
    }
    let switches: Vec<Vec<String>> = match found.pattern {
        Pattern::Contract => {
            let path = parts(&context.rules().namespaces.contract).into_iter();
            vec![path.chain([found.name.as_str(), "enable"]).map(str::to_owned).collect()]
        }
        _ => {
            let eval = context.eval(found.module);
            let conditions = found.def.context.conditions.iter();
            conditions.filter_map(|condition| eval.option_path(condition)).collect()
        }
    };
    for switch in switches {
        let names: Vec<&str> = switch.iter().map(String::as_str).collect();
        if context.model.definitions(&names).is_empty() {
            gaps.push(gap(
                "enabled-nowhere",
                texts::enabled_nowhere(&switch),
                service.place.clone(),
            ));
        }
    }
}

/// Fields that say what is to be backed up and that nothing reads; returns the paths they name.
fn unread_fields(around: &Surroundings, found: &Found, gaps: &mut Vec<Gap>) -> Vec<Kept> {
    let context = around.context;
    let rules = context.rules();
    let mut paths = Vec::new();
    if found.pattern != Pattern::Legacy {
        return paths;
    }
    for field in &unread::fields(context) {
        let path: Vec<&str> = parts(&rules.namespaces.services)
            .into_iter()
            .chain([found.name.as_str(), field.as_str()])
            .collect();
        for (module, def) in context.model.definitions(&path) {
            let place = module.source.place_of(def.entry.syntax());
            gaps.push(gap("unread-field", texts::unread_field(field), place));
            paths.extend(Elements::defined(context, module, def).directories());
        }
    }
    paths
}

/// State that no backup has; returns its directories.
fn backup(
    around: &Surroundings,
    service: &Service,
    volumes: &[Kept],
    unread: &[Kept],
    gaps: &mut Vec<Gap>,
) -> Vec<String> {
    let mut missing: Vec<&Kept> = Vec::new();
    // Where jobs may stand that are not seen, nobody knows what they have.
    if service.unseen.is_some() || around.context.model.hides_imports().is_some() {
        return Vec::new();
    }
    for kept in service.persisted.iter().chain(volumes).chain(unread) {
        let saved = state::is_saved(around, service, &kept.path);
        if !saved && kept.matters() && !missing.iter().any(|other| kept::covers(&other.path, &kept.path)) {
            missing.push(kept);
        }
    }
    if let Some(first) = missing.first() {
        let paths: Vec<&str> = missing.iter().map(|kept| kept.path.as_str()).collect();
        gaps.push(gap(UNSAVED_STATE, texts::not_backed_up(&paths), first.place.clone()));
    }
    missing.iter().map(|kept| kept.path.clone()).collect()
}

/// Adds the gap of a service with a contract whose data is in a database, where nothing of it is backed up; `keeps` says
/// whether it keeps directories whose loss costs something.
pub fn database(around: &Surroundings, found: &Found, keeps: bool, service: &mut Service) {
    let context = around.context;
    let is_seen = service.unseen.is_none() && context.model.hides_imports().is_none();
    if keeps || !service.backed_up.is_empty() || !is_seen || dumps_databases(context) {
        return;
    }
    if has_database(context, found) {
        let text = texts::UNSAVED_DATABASE.to_owned();
        service.gaps.push(gap(UNSAVED_DATABASE, text, service.place.clone()));
    }
}

/// Whether NixOS dumps every database of its PostgreSQL.
fn dumps_databases(context: &Context) -> bool {
    let backup = |field| context.model.definitions(&["services", "postgresqlBackup", field]);
    let is_on = |(module, def): (&Module, &Def)| {
        let value = context.eval(module).definition(def);
        context.model.is_imported(module.source.path()) && matches!(value, Value::Known(Known::Bool(true)))
    };
    backup("enable").into_iter().any(is_on) && backup("databases").is_empty()
}

/// Whether the contract of a service declares a database, its module has PostgreSQL, or its definitions lead to one.
fn has_database(context: &Context, found: &Found) -> bool {
    contract_says(context, &found.name, "databases")
        || has_server(found.module)
        || ServiceFacts::resume(context, &found.name, &[])
            .ok()
            .flatten()
            .is_some_and(|facts| needs::databases::has_some(context, &facts))
}

/// Whether the contract of a service says something else for a field than an empty list or set.
pub fn contract_says(context: &Context, service: &str, field: &str) -> bool {
    let contract = parts(&context.rules().namespaces.contract);
    let path = [&contract[..], &[service, field]].concat();
    let definitions = context.model.definitions(&path);
    definitions.iter().any(|(_, def)| !is_empty(def))
}

/// Whether a module has anything to say of a server of databases that keeps data.
fn has_server(module: &Module) -> bool {
    needs::DATABASE_SERVERS
        .iter()
        .any(|server| module.under(&["services", server]).next().is_some())
}

fn is_empty(def: &Def) -> bool {
    let value = def.value.clone().map(syntax::unparen);
    match value {
        Some(ast::Expr::List(list)) => list.items().next().is_none(),
        Some(ast::Expr::AttrSet(set)) => set.entries().next().is_none(),
        _ => false,
    }
}

/// State of another service that it keeps, and its own that another one keeps.
fn foreign(around: &Surroundings, service: &Service, gaps: &mut Vec<Gap>) {
    for foreign in &around.foreign {
        let place = foreign.place.clone();
        if foreign.keeper == service.name {
            gaps.push(gap(FOREIGN_STATE, foreign.of_keeper(), place));
        } else if foreign.owner == service.name {
            gaps.push(gap(KEPT_BY_ANOTHER, foreign.of_owner(), place));
        }
    }
}

/// What the old pattern still says of a service that has a contract.
fn remnants(around: &Surroundings, found: &Found, own: &[Kept], gaps: &mut Vec<Gap>) {
    let context = around.context;
    let rules = context.rules();
    let path: Vec<&str> = rules
        .namespaces
        .services
        .split('.')
        .chain([found.name.as_str()])
        .collect();
    for declaration in model::topmost(context.model, &path) {
        let text = texts::remnant(&declaration.def.path_text());
        gaps.push(gap("legacy-remnant", text, declaration.place()));
    }
    let left = Left::of(context, found);
    for job in &left.jobs {
        for declaration in &job.declarations {
            let text = texts::remnant(&declaration.def.path_text());
            gaps.push(gap("legacy-remnant", text, declaration.place()));
        }
    }
    for entry in &left.persisted {
        let again = Elements::one(context, entry.module, &entry.element).directories();
        let twice = again.iter().any(|kept| own.iter().any(|own| own.path == kept.path));
        if twice {
            let place = entry.module.source.place_of(entry.element.syntax());
            gaps.push(gap("legacy-remnant", texts::persisted_twice(&again[0].path), place));
        }
    }
}
