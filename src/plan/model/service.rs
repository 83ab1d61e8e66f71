//! What the repository says about one service: everything that is declared for it, and where.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::context::Context;
use super::declared::{contract_names, fields, legacy_names, topmost};
use super::fact::{Declaration, Fact, FactIds, Guard, Held, Job, LegacyField, OtherJob, Persisted};
use super::literal;
use super::own_contract::OwnContract;
use crate::error::{self, Error, Result};
use crate::plan::install::fields as fields_of_option;
use crate::plan::placement::{self, Reference};
use crate::plan::share::ownership::Names;
use crate::plan::share::{marker, ownership};
use crate::plan::{computed, owner, unread};
use crate::repo::Repository;
use crate::resolve::module::{Def, Module};
use crate::rules::{ContractField, parts};
use crate::syntax::{self, ast};

/// Everything about one service.
pub struct ServiceFacts<'a> {
    pub name: String,
    /// The module that declares the service, and that becomes its own.
    pub home: &'a Module,
    /// The bindings that declare it.
    pub declarations: Vec<Declaration<'a>>,
    /// What they say, in source order.
    pub facts: Vec<Fact<'a>>,
    pub guard: Guard<'a>,
    pub jobs: Vec<Job<'a>>,
    pub persisted: Vec<Persisted<'a>>,
    /// What of its persistent directories, and of its part of backup jobs, stays where it stands.
    pub held: Vec<Held<'a>>,
    /// Its backup jobs that stay where they stand.
    pub other_jobs: Vec<OtherJob<'a>>,
    /// The service's new home, where that differs from where it is.
    pub target: PathBuf,
    /// The services that share the home file, this one included; `None` for a file of its own.
    pub co_located: Option<Vec<String>>,
    /// The names that it and the other services go by.
    pub names: Names,
    /// The contract that it has already.
    pub contract: Option<OwnContract<'a>>,
    /// What [`ServiceFacts::references`] found.
    pub(super) references: OnceCell<Vec<Reference>>,
}

impl<'a> ServiceFacts<'a> {
    /// Collects everything about the service `name`.
    ///
    /// # Errors
    /// `unknown-service`, and the refusals of shapes that cannot be moved safely.
    pub fn collect(context: &Context<'a>, name: &str) -> Result<ServiceFacts<'a>> {
        let rules = context.rules();
        let namespace = parts(&rules.namespaces.services);
        let prefix: Vec<&str> = namespace.iter().copied().chain([name]).collect();
        let declarations = topmost(context.model, &prefix);
        let from = || {
            let from = context.choices.from.as_ref()?;
            context.model.module(&context.repo.import_target(from)?)
        };
        let Some(home) = home(&declarations, prefix.len()).or_else(from) else {
            return Err(computed::refusal(context, name, None).unwrap_or_else(|| unknown(context, name)));
        };
        if let Some(error) =
            unseen(context, name, home.source.path()).or_else(|| computed::refusal(context, name, Some(home)))
        {
            return Err(error);
        }
        let mut ids = FactIds::default();
        let mut facts = Vec::new();
        for declaration in &declarations {
            for field in fields(declaration, prefix.len())? {
                facts.push(fact(context, name, field, &mut ids)?);
            }
        }
        literal::check_twice(&facts)?;
        let guard = match declarations.is_empty() {
            true => Guard::Always,
            false => guard(context, home, &declarations, name, &mut ids)?,
        };
        let place = || {
            declarations
                .first()
                .map_or_else(|| home.source.place(0..0), Declaration::place)
        };
        let co_located = co_located(context, home, name, declarations.is_empty());
        let named = co_located.iter().flatten().map(String::as_str).chain([name]);
        if let Some(other) = named.into_iter().find(|name| name.chars().any(char::is_control)) {
            return Err(error::plan::control_characters(place(), other));
        }
        let names = Names::of(context, name);
        let whose = owner::Whose {
            service: name,
            home,
            names: &names,
            shared: co_located.is_some(),
            conditions: (!declarations.is_empty()).then(|| {
                let all = declarations
                    .iter()
                    .flat_map(|declaration| declaration.condition_keys(context));
                all.collect()
            }),
        };
        let owner::Jobs {
            own: jobs,
            mut held,
            others,
        } = owner::jobs(context, &whose, &mut ids)?;
        let whole = jobs.iter().flat_map(|job| &job.facts);
        let whole: Vec<Fact> = whole.filter(|fact| fact.elements.is_none()).cloned().collect();
        literal::check_twice(&whole)?;
        literal::check_priorities(facts.iter().chain(&whole))?;
        let found = owner::persisted(context, &whose, &jobs, &mut ids);
        let (persisted, stay): (Vec<Persisted>, Vec<Persisted>) = found.into_iter().partition(|one| one.may_move);
        held.extend(stay.into_iter().map(Held::from));
        same_conditions(context, name, &declarations, &jobs)?;
        let target = placement::target(rules, home.source.path(), name);
        if !placement::is_path_word(name) && (!context.choices.in_place || co_located.is_some()) {
            return Err(error::plan::no_directory_name(place(), name));
        }
        Ok(ServiceFacts {
            name: name.to_owned(),
            home,
            declarations,
            facts,
            guard,
            jobs,
            persisted,
            held,
            other_jobs: others,
            target,
            co_located,
            names,
            contract: None,
            references: OnceCell::new(),
        })
    }

    /// Where the service stands, for refusals about it as a whole.
    pub fn place(&self) -> error::Place {
        self.declarations
            .first()
            .map_or_else(|| self.home.source.place(0..0), Declaration::place)
    }

    /// The path literals of the repository that the facts were collected from which name the home module, as they have
    /// to be when it is at its target.
    pub fn references(&self, repo: &Repository) -> &[Reference] {
        self.references
            .get_or_init(|| placement::references(repo, self.home.source.path(), &self.target))
    }

    /// What the declarations say for a field of the contract.
    pub fn of<'f>(&'f self, field: &'f ContractField) -> impl Iterator<Item = &'f Fact<'a>> {
        self.facts
            .iter()
            .filter(move |fact| fact.field == *field && !fact.unread)
    }

    /// The first that the declarations say for a field of the contract.
    pub fn first(&self, field: &ContractField) -> Option<&Fact<'a>> {
        self.facts.iter().find(|fact| fact.field == *field && !fact.unread)
    }

    /// What nothing in the legacy pattern reads.
    pub fn unread(&self) -> impl Iterator<Item = &Fact<'a>> {
        self.facts.iter().filter(|fact| fact.unread)
    }

    /// Its backup jobs, also those that stay where they stand.
    pub fn all_jobs(&self) -> impl Iterator<Item = &Job<'a>> {
        self.jobs.iter().chain(self.other_jobs.iter().map(|other| &other.job))
    }

    /// What the backup jobs say.
    pub fn of_jobs(&self) -> impl Iterator<Item = &Fact<'a>> {
        self.jobs.iter().flat_map(|job| &job.facts)
    }
}

/// A field of the service's declarations as what it is in the contract.
///
/// # Errors
/// `unknown-field` for one that the rules do not name; `unknown-contract-field` where they name a field that the
/// repository's contract does not have.
fn fact<'a>(context: &Context<'a>, service: &str, origin: LegacyField<'a>, ids: &mut FactIds) -> Result<Fact<'a>> {
    let rules = context.rules();
    let Some(field) = rules.fields.get(&origin.name) else {
        return Err(error::plan::unknown_field(origin.place(), service, &origin.name));
    };
    if !field.is_known() && lacks(context, &field.option()) {
        return Err(error::plan::unknown_contract_field(
            origin.place(),
            service,
            &origin.name,
            &field.path(),
        ));
    }
    Ok(Fact {
        id: ids.fresh(),
        field: field.clone(),
        unread: unread::is_unread(context, &origin.name),
        elements: None,
        origin,
    })
}

/// Whether the contract's schema stands in the repository and has no such field.
fn lacks(context: &Context, field: &str) -> bool {
    let contract = parts(&context.rules().namespaces.contract);
    let fields = fields_of_option::of(context, &contract).unwrap_or_default();
    !fields.is_empty() && fields.iter().all(|name| name != field)
}

/// Refuses a backup job that holds under a condition which is not one of the service's: the contract's fields would hold
/// without it.
fn same_conditions(context: &Context, name: &str, declarations: &[Declaration], jobs: &[Job]) -> Result<()> {
    let keys = |declaration: &Declaration| declaration.condition_keys(context);
    let own: Vec<String> = declarations.iter().flat_map(keys).collect();
    for declaration in jobs.iter().flat_map(|job| &job.declarations) {
        if declaration.def.context.opaque {
            return Err(error::plan::unsupported_value(
                declaration.place(),
                "it is joined with '//'",
            ));
        }
        if !declarations.is_empty() && keys(declaration).iter().any(|key| !own.contains(key)) {
            return Err(error::plan::split_conditions(declaration.place(), name));
        }
    }
    Ok(())
}

/// The services that share the module: those that have left it, by its marker, and those that it declares besides `name`. A service that is
/// declared nowhere shares its module unless everything in it is its own.
fn co_located(context: &Context, home: &Module, name: &str, undeclared: bool) -> Option<Vec<String>> {
    let rules = context.rules();
    let left = marker::shared_by(home);
    let mut all: Vec<String> = [&rules.namespaces.services, &rules.namespaces.contract]
        .into_iter()
        .flat_map(|namespace| {
            let prefix = parts(namespace);
            let names = home
                .defs
                .iter()
                .filter(|def| def.under(&prefix))
                .filter_map(|def| def.name(prefix.len()));
            let names = names.chain(computed::names_in(home, &prefix));
            names.map(str::to_owned).collect::<Vec<_>>()
        })
        .chain(left.iter().flatten().cloned())
        .collect();
    all.sort();
    all.dedup();
    let others = all.iter().any(|other| other != name);
    let foreign = undeclared && !ownership::owns_everything(context, home, name);
    (others || foreign || left.is_some()).then_some(all)
}

/// The module that holds the main declaration: the one with a whole set, or else the first.
fn home<'a>(declarations: &[Declaration<'a>], depth: usize) -> Option<&'a Module> {
    let whole = declarations
        .iter()
        .find(|declaration| declaration.def.path.len() == depth);
    whole.or(declarations.first()).map(|declaration| declaration.module)
}

fn unknown(context: &Context, name: &str) -> Error {
    let known = legacy_names(context.model, context.rules());
    if let (None, Some(faulty)) = (error::nearest(name, &known), context.model.hides_imports())
        && let Some(error) = context.repo.source(faulty).and_then(|source| source.syntax_error())
    {
        return error::syntax::hides_services(error, faulty, name);
    }
    if known.is_empty() && contract_names(context.model, context.rules()).is_empty() {
        return error::plan::nothing_declared(&context.rules().namespaces.services);
    }
    error::plan::unknown_service(name, &known)
}

/// What turns the service on: the condition that all of its declarations in the home module share.
fn guard<'a>(
    context: &Context<'a>,
    home: &'a Module,
    declarations: &[Declaration<'a>],
    name: &str,
    ids: &mut FactIds,
) -> Result<Guard<'a>> {
    let text = |declaration: &Declaration| ownership::text_of(&declaration.def);
    let mut own = declarations
        .iter()
        .filter(|declaration| declaration.path() == home.source.path());
    let first = own.next().expect("the home module has a declaration");
    let conditions = text(first);
    for declaration in declarations {
        if declaration.def.context.opaque {
            return Err(error::plan::unsupported_value(
                declaration.place(),
                "it is joined with '//'",
            ));
        }
        if text(declaration) != conditions {
            return Err(error::plan::split_conditions(declaration.place(), name));
        }
    }
    let all = &first.def.context.conditions;
    let [condition] = all.as_slice() else {
        return match conditions.len() {
            0 => Ok(Guard::Always),
            _ => Ok(Guard::Condition {
                text: conditions
                    .iter()
                    .map(|c| format!("({c})"))
                    .collect::<Vec<_>>()
                    .join(" && "),
                option: None,
                shared: Vec::new(),
            }),
        };
    };
    let text = syntax::bare_text(condition);
    let switch = switch(context, home, condition);
    let shared: Vec<String> = switch.iter().flat_map(|path| sharing(context, path, name)).collect();
    match switch {
        Some(path) if shared.is_empty() => Ok(Guard::Switch {
            text,
            fact: ids.fresh(),
            definitions: switch_definitions(context, &path)?,
            path,
        }),
        _ => Ok(Guard::Condition {
            text,
            option: context.eval(home).option_path(condition),
            shared,
        }),
    }
}

/// The option path of a condition that is a service's switch; `None` for any other condition.
fn switch(context: &Context, home: &Module, condition: &ast::Expr) -> Option<Vec<String>> {
    let switches = parts(&context.rules().namespaces.switches);
    let path = context.eval(home).option_path(condition)?;
    let is_switch = path.len() == switches.len() + 2
        && path.last().is_some_and(|last| last == "enable")
        && switches.iter().zip(&path).all(|(a, b)| a == b);
    is_switch.then_some(path)
}

/// The other services that a switch turns on: those declared under it, and those whose contract follows it. Sorted.
fn sharing(context: &Context, switch: &[String], name: &str) -> Vec<String> {
    let namespaces = &context.rules().namespaces;
    let is_it = |module: &Module, expr: &ast::Expr| context.eval(module).option_path(expr).as_deref() == Some(switch);
    let mut found = BTreeSet::new();
    let services = parts(&namespaces.services);
    for (module, def) in context.model.under(&services) {
        if def.context.conditions.iter().any(|condition| is_it(module, condition)) {
            found.extend(def.name(services.len()).map(str::to_owned));
        }
    }
    let contract = parts(&namespaces.contract);
    for (module, def) in context.model.under(&contract) {
        let enable = def.name(contract.len() + 1) == Some("enable");
        if enable && def.value.as_ref().is_some_and(|value| is_it(module, value)) {
            found.extend(def.name(contract.len()).map(str::to_owned));
        }
    }
    found.remove(name);
    found.into_iter().collect()
}

/// What sets a switch.
fn switch_definitions<'a>(context: &Context<'a>, path: &[String]) -> Result<Vec<Declaration<'a>>> {
    let names: Vec<&str> = path.iter().map(String::as_str).collect();
    if let Some((module, part)) = context.model.may_define(&names) {
        let why = "a part of what sets it is not written out";
        return Err(error::plan::unsupported_switch(part.place(module), why));
    }
    let definitions = context.model.definitions(&names).into_iter();
    let declaration = |(module, def): (&'a Module, &Def)| Declaration {
        module,
        def: def.clone(),
    };
    Ok(definitions.map(declaration).collect())
}

/// The syntax error of a file that mentions `name` and does not parse: what it declares cannot be seen.
pub fn broken_file(context: &Context, name: &str) -> Option<Error> {
    let error = |path: &Path| context.repo.source(path)?.syntax_error();
    context.repo.containing(&[name]).into_iter().find_map(error)
}

/// Where `path` is no module that the host is known to import: the syntax error of a file that may import it.
pub fn unseen_import(context: &Context, path: &Path) -> Option<Error> {
    let faulty = context
        .model
        .hides_imports()
        .filter(|_| !context.model.is_imported(path))?;
    let error = context.repo.source(faulty)?.syntax_error()?;
    Some(error::syntax::hides_imports(error, faulty, path))
}

/// Why a module of the host keeps all services back that it may say something about: what it says of `name` cannot be seen,
/// it may import the service's module `home`, or Nix reads it otherwise than it looks, whatever it mentions.
pub(super) fn unseen(context: &Context, name: &str, home: &Path) -> Option<Error> {
    let modules = context.model.faulty();
    // What is no text, or not there, cannot be edited either, wherever it stands.
    let paths = modules.iter().map(PathBuf::as_path).chain(context.repo.unread());
    let faults = paths.filter_map(|path| {
        let source = context.repo.source(path)?;
        Some((source, source.syntax_error()?))
    });
    let is_name = |c: char| c.is_alphanumeric() || "_-'".contains(c);
    let mentions = |source: &syntax::Source| source.text().split(|c| !is_name(c)).any(|word| word == name);
    let mut unseen = faults.filter(|(source, error)| error.code() == error::syntax::MISREAD || mentions(source));
    let unseen = unseen.next().map(|(_, error)| error);
    unseen.or_else(|| unseen_import(context, home))
}
