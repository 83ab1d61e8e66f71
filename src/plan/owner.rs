//! Whose is it: backup jobs and persistent directories that belong to a service.

use super::model::{self, Context, Declaration, Fact, FactIds, Held, Job, LegacyField, OtherJob, Persisted};
use super::share::ownership::Names;
use crate::error::{self, Result};
use crate::resolve::Module;
use crate::resolve::list::{List, ListItem};
use crate::resolve::module::Def;
use crate::resolve::priority::Priority;
use crate::rules::{ContractField, parts};
use crate::syntax::{self, AstNode, SyntaxNode, ast};

/// The service that is asked about.
pub struct Whose<'w, 'a> {
    pub service: &'w str,
    pub home: &'a Module,
    /// The names that it and the other services go by.
    pub names: &'w Names,
    /// Whether other services have their declarations in `home` too.
    pub shared: bool,
    /// What it is declared under, as [`condition_keys`]; `None` where it is declared nowhere.
    pub conditions: Option<Vec<String>>,
}

/// What conditions are known by, wherever they stand: the option that one is, or its text.
pub fn condition_keys<'e>(
    context: &Context,
    module: &Module,
    conditions: impl IntoIterator<Item = &'e ast::Expr>,
) -> Vec<String> {
    let eval = context.eval(module);
    let key = |condition: &ast::Expr| match eval.option_path(condition) {
        Some(path) => path.join("."),
        None => syntax::bare_text(condition),
    };
    conditions.into_iter().map(key).collect()
}

/// What the backup jobs have of a service.
#[derive(Default)]
pub struct Jobs<'a> {
    /// Its own, whole, or its part of one that backs up several services.
    pub own: Vec<Job<'a>>,
    /// What of its part stays where it stands.
    pub held: Vec<Held<'a>>,
    /// The jobs that stay besides.
    pub others: Vec<OtherJob<'a>>,
}

impl Jobs<'_> {
    /// Keeps one job of those that back something up: that of the service's name, or else the first.
    fn keep_one(&mut self, service: &str) {
        let backs_up = |job: &Job| job.facts.iter().any(|fact| fact.field == ContractField::BackupPaths);
        let mut jobs = self.own.iter().filter(|job| backs_up(job)).map(|job| &job.name);
        let named = jobs.clone().find(|name| *name == service);
        let Some(taken) = named.or_else(|| jobs.next()).cloned() else {
            return;
        };
        let all = std::mem::take(&mut self.own).into_iter();
        let (own, others): (Vec<Job>, Vec<Job>) = all.partition(|job| job.name == taken);
        self.own = own;
        let other = |job| OtherJob {
            job,
            taken: taken.clone(),
        };
        self.others = others.into_iter().map(other).collect();
    }
}

/// The backup jobs that have something of the service.
///
/// # Errors
/// Refuses a job whose declaration cannot be taken apart, and `unknown-backup-field` in what would be taken.
pub fn jobs<'a>(context: &Context<'a>, whose: &Whose<'_, 'a>, ids: &mut FactIds) -> Result<Jobs<'a>> {
    let Whose {
        service,
        home,
        names,
        shared,
        ..
    } = *whose;
    let namespace = parts(&context.rules().namespaces.backups);
    let mut found = Jobs::default();
    for name in job_names(context, &namespace) {
        let prefix: Vec<&str> = namespace.iter().copied().chain([name.as_str()]).collect();
        let declarations = model::topmost(context.model, &prefix);
        let here = declarations
            .iter()
            .any(|declaration| declaration.path() == home.source.path());
        let mentioned = here
            || names.owner(&name) == Some(service)
            || declarations.iter().any(|p| p.module.source.text().contains(service));
        if !mentioned {
            continue;
        }
        let mut fields = Vec::new();
        for declaration in &declarations {
            fields.extend(model::fields(declaration, prefix.len())?);
        }
        let split = JobSplit::of(context, &fields, names, service);
        let named = names.owner(&name) == Some(service);
        let split_before = split_before(context, &name, service);
        let whole =
            !split.others && !split_before && (named || (here && !shared) || (split.mine > 0 && split.nobodys == 0));
        if !whole {
            found.held.extend(split.held);
        }
        let held_when_off = |field: &LegacyField| {
            let around = |declaration: &&Declaration| {
                let (outer, inner) = (syntax::span(declaration.node()), syntax::span(&field.node));
                declaration.path() == field.module.source.path() && syntax::covers(&outer, &inner)
            };
            let around = declarations.iter().find(around);
            around.is_some_and(|around| whose.holds_when_off(&around.condition_keys(context)))
        };
        let taken: Vec<(LegacyField, Option<Vec<ast::Expr>>)> = match whole {
            true => fields.into_iter().map(|field| (field, None)).collect(),
            false if !split.elements.is_empty() => split
                .elements
                .into_iter()
                .map(|(field, own)| (field, Some(own)))
                .collect(),
            false => continue,
        };
        let holds_when_off = taken.iter().any(|(field, _)| held_when_off(field));
        let facts = taken
            .into_iter()
            .map(|(field, own)| fact(context, &name, field, own, ids));
        found.own.push(Job {
            facts: facts.collect::<Result<_>>()?,
            holds_when_off,
            name,
            declarations,
            shared: !whole,
        });
    }
    found.keep_one(service);
    Ok(found)
}

/// A field of a job as what it is in the contract.
fn fact<'a>(
    context: &Context<'a>,
    job: &str,
    origin: LegacyField<'a>,
    elements: Option<Vec<ast::Expr>>,
    ids: &mut FactIds,
) -> Result<Fact<'a>> {
    let Some(field) = context.rules().backup_fields.get(&origin.name) else {
        return Err(error::plan::unknown_backup_field(origin.place(), job, &origin.name));
    };
    Ok(Fact {
        id: ids.fresh(),
        field: field.clone(),
        origin,
        unread: false,
        elements,
    })
}

fn job_names(context: &Context, namespace: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = context
        .model
        .under(namespace)
        .into_iter()
        .filter_map(|(_, def)| def.name(namespace.len()).map(str::to_owned))
        .collect();
    let computed = super::computed::names(context.model, namespace).into_iter();
    names.extend(computed.map(str::to_owned));
    names.sort();
    names.dedup();
    names
}

/// Whether another service's contract has taken a part of the job already.
fn split_before(context: &Context, job: &str, service: &str) -> bool {
    let contract = parts(&context.rules().namespaces.contract);
    context.model.under(&contract).into_iter().any(|(module, def)| {
        let field = def.path.len() == contract.len() + 2 && def.name(contract.len() + 1) == Some("backupJob");
        let other = def.name(contract.len()).is_some_and(|name| name != service);
        field
            && other
            && def
                .value
                .as_ref()
                .is_some_and(|v| context.eval(module).string(v).is_ok_and(|value| value == job))
    })
}

/// Whose the paths and units of a job are.
struct JobSplit<'a> {
    /// Paths of the service.
    mine: usize,
    /// Paths of no service.
    nobodys: usize,
    /// Whether a path is another service's.
    others: bool,
    /// The service's elements that may be taken, by field.
    elements: Vec<(LegacyField<'a>, Vec<ast::Expr>)>,
    /// Those that may not.
    held: Vec<Held<'a>>,
}

impl<'a> JobSplit<'a> {
    fn of(context: &Context<'a>, fields: &[LegacyField<'a>], names: &Names, service: &str) -> JobSplit<'a> {
        let mut share = JobSplit {
            mine: 0,
            nobodys: 0,
            others: false,
            elements: Vec::new(),
            held: Vec::new(),
        };
        let names_of_job = &context.rules().backup_fields;
        for field in fields {
            let of_contract = match names_of_job.get(&field.name) {
                Some(list @ (ContractField::BackupPaths | ContractField::BackupUnits)) => list,
                _ => continue,
            };
            let path = *of_contract == ContractField::BackupPaths;
            let mut own = Vec::new();
            for item in field.value.iter().flat_map(|value| List::of(value).items) {
                let may_move = item.is_plain();
                let element = item.element;
                let text = context.eval(field.module).string(&element).ok();
                let owner = match &text {
                    Some(text) => names.owner(text),
                    None => names.owner_of_text(element.syntax()),
                };
                match owner {
                    Some(owner) if owner == service => {
                        share.mine += usize::from(path);
                        match may_move {
                            true => own.push(element),
                            false => share.held.push(Held {
                                field: of_contract.clone(),
                                module: field.module,
                                element,
                            }),
                        }
                    }
                    Some(_) => share.others |= path,
                    None => share.nobodys += usize::from(path),
                }
            }
            if !own.is_empty() {
                share.elements.push((field.clone(), own));
            }
        }
        share
    }
}

/// The elements of persistent directories lists that are the service's own: all of those in its module, and
/// elsewhere those that name a directory which the service's backup job names.
pub fn persisted<'a>(
    context: &Context<'a>,
    whose: &Whose<'_, 'a>,
    jobs: &[Job<'a>],
    ids: &mut FactIds,
) -> Vec<Persisted<'a>> {
    let Whose {
        service, names, home, ..
    } = *whose;
    let rules = context.rules();
    let mut directories = backed_up(context, jobs);
    directories.extend(["lib", "cache", "log"].map(|kind| format!("/var/{kind}/{service}")));
    let mut found = Vec::new();
    for option in &rules.persistence.options {
        let prefix = parts(option);
        for (module, def) in context.model.under(&prefix) {
            if def.path.len() != prefix.len() + 2 || def.name(prefix.len() + 1) != Some(&rules.persistence.list) {
                continue;
            }
            let (Some(root), Some(value)) = (def.name(prefix.len()), &def.value) else {
                continue;
            };
            let here = module.source.path() == home.source.path();
            let is_own = |item: &&ListItem| {
                let element = &item.element;
                (here && (!whose.shared || names.owner_of_text(element.syntax()) == Some(service)))
                    || model::directory(&context.eval(module), element).is_some_and(|d| directories.contains(&d))
            };
            let list = List::of(value);
            let own = list.items.iter().filter(is_own);
            let own: Vec<(&ListItem, bool)> = own
                .map(|item| (item, whose.takes(context, module, def, item)))
                .collect();
            let all_move = own.iter().all(|(_, may_move)| *may_move);
            let whole = all_move && own.len() == list.items.len() && list.computed.is_empty();
            for (item, may_move) in own {
                found.push(Persisted {
                    id: ids.fresh(),
                    module,
                    element: item.element.clone(),
                    whole: whole.then(|| def.entry.syntax().clone()),
                    root: root.to_owned(),
                    may_move,
                    holds_when_off: whose.holds_when_off(&condition_keys(
                        context,
                        module,
                        def.context.conditions.iter().chain(&item.conditions),
                    )),
                });
            }
        }
    }
    found
}

/// The paths that the service's own jobs back up, where they are known.
fn backed_up(context: &Context, jobs: &[Job]) -> Vec<String> {
    let facts = jobs.iter().filter(|job| !job.shared).flat_map(|job| &job.facts);
    let paths = facts.filter(|fact| fact.field == ContractField::BackupPaths);
    let known = paths.flat_map(|fact| {
        let eval = context.eval(fact.origin.module);
        let paths = fact.list().into_iter().filter_map(|element| eval.string(&element).ok());
        paths.collect::<Vec<_>>()
    });
    known.collect()
}

impl Whose<'_, '_> {
    /// Whether what stands under these conditions, as [`condition_keys`], holds where the service is off as well: not all
    /// of the service's own are among them.
    fn holds_when_off(&self, around: &[String]) -> bool {
        let mut own = self.conditions.iter().flatten();
        own.any(|condition| !around.contains(condition))
    }

    /// Whether an element of a list of persistent directories holds wherever the service does. The order of the set of them
    /// is free.
    fn takes(&self, context: &Context, module: &Module, def: &Def, item: &ListItem) -> bool {
        let holds = |around: &[ast::Expr], known: &[String]| {
            let keys = condition_keys(context, module, around);
            keys.iter().all(|key| known.contains(key))
        };
        let known = self.conditions.as_deref();
        def.context.priorities.iter().all(Priority::is_order)
            && !def.context.opaque
            && !item.is_placed
            && known.is_none_or(|known| holds(&def.context.conditions, known))
            && holds(&item.conditions, known.unwrap_or_default())
    }
}

/// The nodes to remove so that `persisted` are gone: whole bindings where nothing else is in them.
pub fn removal_nodes(persisted: &[Persisted]) -> Vec<SyntaxNode> {
    let mut nodes: Vec<SyntaxNode> = Vec::new();
    for entry in persisted {
        let node = entry.whole.clone().unwrap_or_else(|| entry.element.syntax().clone());
        if !nodes.contains(&node) {
            nodes.push(node);
        }
    }
    nodes
}
