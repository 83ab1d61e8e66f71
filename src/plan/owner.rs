//! Whose is it: backup jobs and persistent directories that belong to a service.

use super::model::{self, Context, Fact, FactIds, Job, LegacyField, Persisted};
use super::share::ownership::Names;
use crate::error::{self, Result};
use crate::resolve::Module;
use crate::resolve::module::{ListItem, Priority, is_written_out, list_items};
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
        None => syntax::text_of(syntax::unparen(condition.clone()).syntax()),
    };
    conditions.into_iter().map(key).collect()
}

/// The backup jobs that are the service's: its own, whole, or its part of one that backs up several services.
///
/// # Errors
/// Refuses a job whose declaration cannot be taken apart, and `unknown-backup-field` in what would be taken.
pub fn jobs<'a>(context: &Context<'a>, whose: &Whose<'_, 'a>, ids: &mut FactIds) -> Result<Vec<Job<'a>>> {
    let Whose {
        service,
        home,
        names,
        shared,
        ..
    } = *whose;
    let namespace = parts(&context.rules().namespaces.backups);
    let mut found = Vec::new();
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
        let taken: Vec<(LegacyField, Option<Vec<ast::Expr>>)> = match whole {
            true => fields.into_iter().map(|field| (field, None)).collect(),
            false if !split.elements.is_empty() => split
                .elements
                .into_iter()
                .map(|(field, own)| (field, Some(own)))
                .collect(),
            false => continue,
        };
        let facts = taken
            .into_iter()
            .map(|(field, own)| fact(context, &name, field, own, ids));
        found.push(Job {
            facts: facts.collect::<Result<_>>()?,
            name,
            declarations,
            shared: !whole,
        });
    }
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
    /// The service's elements, by field.
    elements: Vec<(LegacyField<'a>, Vec<ast::Expr>)>,
}

impl<'a> JobSplit<'a> {
    fn of(context: &Context<'a>, fields: &[LegacyField<'a>], names: &Names, service: &str) -> JobSplit<'a> {
        let mut share = JobSplit {
            mine: 0,
            nobodys: 0,
            others: false,
            elements: Vec::new(),
        };
        let names_of_job = &context.rules().backup_fields;
        for field in fields {
            let path = match names_of_job.get(&field.name) {
                Some(ContractField::BackupPaths) => true,
                Some(ContractField::BackupUnits) => false,
                _ => continue,
            };
            let mut own = Vec::new();
            for item in field.value.iter().flat_map(list_items) {
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
                        own.extend(may_move.then_some(element));
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
        service,
        home,
        names,
        shared,
        ref conditions,
    } = *whose;
    let rules = context.rules();
    let paths = jobs
        .iter()
        .filter(|job| !job.shared)
        .flat_map(|job| &job.facts)
        .filter(|fact| fact.field == ContractField::BackupPaths);
    let backed_up: Vec<String> = paths
        .flat_map(|fact| {
            let eval = context.eval(fact.origin.module);
            let paths = fact.list().into_iter().filter_map(|element| eval.string(&element).ok());
            paths.collect::<Vec<_>>()
        })
        .collect();
    let standard = [
        format!("/var/lib/{service}"),
        format!("/var/cache/{service}"),
        format!("/var/log/{service}"),
    ];
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
            let items = list_items(value);
            let own = |element: &ast::Expr| {
                let here = module.source.path() == home.source.path();
                (here && (!shared || names.owner_of_text(element.syntax()) == Some(service)))
                    || model::directory(&context.eval(module), element)
                        .is_some_and(|d| backed_up.contains(&d) || standard.contains(&d))
            };
            // The order of the set of them is free.
            let is_all = def.context.priorities.iter().all(Priority::is_order) && !def.context.opaque;
            let is_own = |around: &[ast::Expr], known: &Vec<String>| {
                let keys = condition_keys(context, module, around);
                keys.iter().all(|key| known.contains(key))
            };
            let may_move = |item: &ListItem| {
                let inner = conditions.as_deref().unwrap_or_default().to_vec();
                let holds = conditions
                    .as_ref()
                    .is_none_or(|known| is_own(&def.context.conditions, known));
                is_all && !item.is_placed && holds && is_own(&item.conditions, &inner)
            };
            let mine: Vec<&ListItem> = items.iter().filter(|item| own(&item.element)).collect();
            let whole = mine.len() == items.len() && is_written_out(value) && mine.iter().all(|item| may_move(item));
            for item in mine {
                found.push(Persisted {
                    id: ids.fresh(),
                    module,
                    element: item.element.clone(),
                    whole: whole.then(|| def.entry.syntax().clone()),
                    root: root.to_owned(),
                    may_move: may_move(item),
                });
            }
        }
    }
    found
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
