//! What the repository says about one service: everything that is declared for it, and where.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::placement::{self, Reference};
use super::share::ownership::Names;
use super::{computed, literal};
use crate::error::{self, Error, Result};
use crate::repo::Repository;
use crate::repo::hosts::Host;
use crate::resolve::module::{self, Def, Module};
use crate::resolve::value::{Eval, Known, Value};
use crate::resolve::{Model, scope};
use crate::rules::{Rules, parts};
use crate::syntax::{self, AstNode, SyntaxNode, ast};

/// A repository and a host's modules, as rules plan over them.
pub struct Context<'a> {
    pub repo: &'a Repository,
    pub model: &'a Model,
    pub host: &'a Host,
    pub choices: &'a Choices,
}

/// How the person wants services migrated.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// Leave modules where they are.
    pub in_place: bool,
    /// Where services keep their state, by name: a directory, or `null`.
    pub data_dirs: BTreeMap<String, String>,
    /// The module that runs a service which is declared nowhere.
    pub from: Option<PathBuf>,
}

impl<'a> Context<'a> {
    /// The names in force.
    pub fn rules(&self) -> &'a Rules {
        self.repo.rules()
    }

    /// Where `service` keeps its state, if somebody said so: as Nix source.
    pub fn data_dir(&self, service: &str) -> Option<String> {
        let rule = || {
            self.rules()
                .service
                .get(service)
                .and_then(|rule| rule.data_dir.as_ref())
        };
        let said = self.choices.data_dirs.get(service).or_else(rule)?;
        Some(if said == "null" {
            said.clone()
        } else {
            syntax::string_text(said)
        })
    }

    /// The service's name and the other names that its directories and units go by.
    pub fn names_of(&self, service: &str) -> Vec<String> {
        let aliases = self.rules().known.get(service).map(|known| known.aliases.clone());
        std::iter::once(service.to_owned())
            .chain(aliases.unwrap_or_default())
            .collect()
    }

    /// An evaluator for expressions of `module`.
    pub fn eval(&self, module: &'a Module) -> Eval<'a> {
        Eval::new(self.model, module)
    }
}

/// A binding that declares something for the service, in the module it stands in.
#[derive(Clone)]
pub struct Piece<'a> {
    pub module: &'a Module,
    pub def: Def,
}

impl Piece<'_> {
    /// The file.
    pub fn path(&self) -> &Path {
        self.module.source.path()
    }

    /// The binding's node.
    pub fn node(&self) -> &SyntaxNode {
        self.def.entry.syntax()
    }

    /// Where it stands.
    pub fn place(&self) -> error::Place {
        self.module.source.place_of(self.node())
    }
}

/// One field of a declaration: `field.rest = value;`.
#[derive(Clone)]
pub struct Field<'a> {
    pub module: &'a Module,
    /// The field's name in the legacy schema.
    pub name: String,
    /// The attrpath after the field's name, as source text; empty if there is none.
    pub rest: String,
    /// The binding, with its comments; for `inherit`, the whole statement.
    pub node: SyntaxNode,
    /// The value's expression as written, with `mkIf` and priorities; `None` for `inherit`.
    pub value: Option<ast::Expr>,
    /// The value as source for another place in the same file.
    pub text: String,
}

impl<'a> Field<'a> {
    /// What it is, with options followed to their definitions; `None` where it says nothing.
    pub fn evaluated(&self, context: &Context<'a>) -> Option<Value> {
        let eval = context.eval(self.module);
        match &self.value {
            Some(value) => Some(eval.force(value)),
            None => Some(eval.inherited(&ast::Inherit::cast(self.node.clone())?, &self.name)),
        }
    }

    /// Where it stands.
    pub fn place(&self) -> error::Place {
        self.module.source.place_of(&self.node)
    }
}

/// What turns the service on.
#[derive(Clone)]
pub enum Guard<'a> {
    /// It is always on where its module is imported.
    Always,
    /// `mkIf config.<switches>.<name>.enable`: the expression as written, and the switch's option path.
    Switch {
        text: String,
        path: Vec<String>,
        definitions: Vec<Piece<'a>>,
    },
    /// Some other condition.
    Condition { text: String },
}

/// A backup job of the service, or its part of one.
#[derive(Clone)]
pub struct Job<'a> {
    pub name: String,
    pub pieces: Vec<Piece<'a>>,
    pub fields: Vec<Field<'a>>,
    /// The service's own elements of a job that others share, by field; `None` for a job that is the service's alone.
    pub part: Option<Vec<(Field<'a>, Vec<ast::Expr>)>>,
}

/// An element of a persistent directories list that is the service's own.
#[derive(Clone)]
pub struct Persisted<'a> {
    pub module: &'a Module,
    /// The list element.
    pub element: ast::Expr,
    /// The list's binding, if the element is all that it holds.
    pub whole: Option<SyntaxNode>,
    /// The persistent root's attribute name, as `/persist`.
    pub root: String,
}

/// Everything about one service.
pub struct Facts<'a> {
    pub name: String,
    /// The module that declares the service, and that becomes its own.
    pub home: &'a Module,
    /// The bindings that declare it.
    pub pieces: Vec<Piece<'a>>,
    /// The fields of all of them, in source order.
    pub fields: Vec<Field<'a>>,
    pub guard: Guard<'a>,
    pub jobs: Vec<Job<'a>>,
    pub persisted: Vec<Persisted<'a>>,
    /// The service's new home, where that differs from where it is.
    pub target: PathBuf,
    /// The services that share the home file, this one included; `None` for a file of its own.
    pub sharers: Option<Vec<String>>,
    /// The names that it and the other services go by.
    pub names: Names,
    /// What [`Facts::references`] found.
    references: OnceCell<Vec<Reference>>,
}

/// The names of all services declared in the legacy pattern, sorted, without those that contracts project.
pub fn legacy_names(model: &Model, rules: &Rules) -> Vec<String> {
    declared(model, &parts(&rules.namespaces.services))
}

/// The names of all services that have a contract in a module of their own, sorted.
pub fn contract_names(model: &Model, rules: &Rules) -> Vec<String> {
    let contract = parts(&rules.namespaces.contract);
    let settings = |def: &Def| def.path.len() == contract.len() + 2 && def.name(contract.len() + 1) == Some("enable");
    let mut defs = model.under(&contract);
    defs.retain(|(_, def)| def.path.len() > contract.len() + 1 && !settings(def));
    let by_module = defs.chunk_by(|(a, _), (b, _)| std::ptr::eq(*a, *b));
    let own = by_module.filter(|defs| !is_template(defs[0].0)).flatten();
    let written = own.filter_map(|(_, def)| def.name(contract.len()));
    distinct(written.chain(computed::names(model, &contract)))
}

/// Names, each once and sorted.
fn distinct<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let names: BTreeSet<&str> = names.collect();
    names.into_iter().map(str::to_owned).collect()
}

/// Whether the module is a text to copy: its directory's name begins with an underscore, and nothing imports it.
fn is_template(module: &Module) -> bool {
    let mut directories = module.source.path().components();
    directories.any(|part| part.as_os_str().to_string_lossy().starts_with('_'))
}

fn declared(model: &Model, prefix: &[&str]) -> Vec<String> {
    let defs = model.under(prefix);
    let written = defs.iter().filter_map(|(_, def)| def.name(prefix.len()));
    distinct(written.chain(computed::names(model, prefix)))
}

/// The outermost bindings that declare something at or below `prefix`: those whose own attrpath crosses its end, and those
/// that declare it without writing it out.
pub fn topmost<'a>(model: &'a Model, prefix: &[&str]) -> Vec<Piece<'a>> {
    model
        .under(prefix)
        .into_iter()
        .filter(|(_, def)| def.path.len() - def.own < prefix.len())
        .map(|(module, def)| Piece {
            module,
            def: def.clone(),
        })
        .chain(computed::pieces(model, prefix))
        .collect()
}

/// The fields that `piece` declares for something at `depth` parts of its path.
///
/// # Errors
/// `unsupported-value` where the declaration is no set literal.
pub fn fields<'a>(piece: &Piece<'a>, depth: usize) -> Result<Vec<Field<'a>>> {
    let source = &piece.module.source;
    let text = |node: &SyntaxNode| syntax::text_of(node);
    if piece.def.path.len() > depth {
        let Some(name) = piece.def.name(depth) else {
            return Err(error::plan::dynamic_name(piece.place()));
        };
        let ast::Entry::AttrpathValue(binding) = &piece.def.entry else {
            return Err(error::plan::unsupported_value(piece.place(), "it is inherited"));
        };
        let value = binding.value();
        return Ok(vec![Field {
            module: piece.module,
            name: name.to_owned(),
            rest: rest(piece, piece.node(), &piece.def.path[depth + 1..])?,
            node: piece.node().clone(),
            text: value.as_ref().map(|v| text(v.syntax())).unwrap_or_default(),
            value,
        }]);
    }
    let entries = literal::entries(piece)?;
    let mut found = Vec::new();
    for entry in entries {
        match &entry {
            ast::Entry::AttrpathValue(binding) => {
                let names = Eval::alone(piece.module).entry_names(&entry);
                let Some(Some(name)) = names.first() else {
                    return Err(error::plan::dynamic_name(source.place_of(entry.syntax())));
                };
                found.push(Field {
                    module: piece.module,
                    name: name.clone(),
                    rest: rest(piece, entry.syntax(), &names[1..])?,
                    node: entry.syntax().clone(),
                    text: binding.value().map(|v| text(v.syntax())).unwrap_or_default(),
                    value: binding.value(),
                });
            }
            ast::Entry::Inherit(inherit) => {
                if inherit.attrs().next().is_none() {
                    let place = source.place_of(entry.syntax());
                    return Err(error::plan::unsupported_value(place, "this inherit names nothing"));
                }
                for attr in inherit.attrs() {
                    let name = syntax::attr_name(&attr)
                        .ok_or_else(|| error::plan::dynamic_name(source.place_of(attr.syntax())))?;
                    let from = inherit.from().and_then(|from| from.expr());
                    let text = match from {
                        Some(from) => format!("({}).{}", from.syntax().text(), syntax::attr_text(&name)),
                        None => name.clone(),
                    };
                    found.push(Field {
                        module: piece.module,
                        name,
                        rest: String::new(),
                        node: entry.syntax().clone(),
                        text,
                        value: None,
                    });
                }
            }
        }
    }
    Ok(found)
}

/// The rest of a field's path as source text; the path of the binding `node`.
fn rest(piece: &Piece, node: &SyntaxNode, path: &[Option<impl AsRef<str>>]) -> Result<String> {
    match path.iter().all(Option::is_some) {
        true => Ok(module::path_text(path)),
        false => Err(error::plan::dynamic_name(piece.module.source.place_of(node))),
    }
}

impl<'a> Facts<'a> {
    /// Collects everything about the service `name`.
    ///
    /// # Errors
    /// `unknown-service`, and the refusals of shapes that cannot be moved safely.
    pub fn collect(context: &Context<'a>, name: &str) -> Result<Facts<'a>> {
        let rules = context.rules();
        let namespace = parts(&rules.namespaces.services);
        let prefix: Vec<&str> = namespace.iter().copied().chain([name]).collect();
        let pieces = topmost(context.model, &prefix);
        let from = || {
            context
                .choices
                .from
                .as_ref()
                .and_then(|from| context.model.module(&context.repo.import_target(from)?))
        };
        let Some(home) = home(&pieces, prefix.len()).or_else(from) else {
            return Err(computed::refusal(context, name, None).unwrap_or_else(|| unknown(context, name)));
        };
        if let Some(error) = unseen(context, name).or_else(|| computed::refusal(context, name, Some(home))) {
            return Err(error);
        }
        let mut all = Vec::new();
        for piece in &pieces {
            all.extend(fields(piece, prefix.len())?);
        }
        for field in &all {
            if !rules.fields.contains_key(&field.name) {
                return Err(error::plan::unknown_field(field.place(), name, &field.name));
            }
        }
        literal::check_twice(&all, rules)?;
        let guard = if pieces.is_empty() {
            Guard::Always
        } else {
            guard(context, home, &pieces, name)?
        };
        let sharers = sharers(context, home, name, pieces.is_empty());
        let named = sharers.iter().flatten().map(String::as_str).chain([name]);
        if let Some(other) = named.into_iter().find(|name| name.chars().any(char::is_control)) {
            let place = pieces.first().map_or_else(|| home.source.place(0..0), Piece::place);
            return Err(error::plan::control_characters(place, other));
        }
        let names = Names::of(context, name);
        let jobs = super::owner::jobs(context, name, home, &names, sharers.is_some())?;
        for job in &jobs {
            let parts = job.part.iter().flatten().map(|(field, _)| field);
            let mut moved = job.fields.iter().filter(|_| job.part.is_none()).chain(parts);
            if let Some(field) = moved.find(|field| !rules.backup_fields.contains_key(&field.name)) {
                return Err(error::plan::unknown_backup_field(field.place(), &job.name, &field.name));
            }
        }
        let persisted = super::owner::persisted(context, name, home, &jobs, &names, sharers.is_some());
        same_conditions(context, name, &pieces, &jobs)?;
        let target = placement::target(rules, home.source.path(), name);
        if !placement::is_path_word(name) && (!context.choices.in_place || sharers.is_some()) {
            let place = pieces.first().map_or_else(|| home.source.place(0..0), Piece::place);
            return Err(error::plan::no_directory_name(place, name));
        }
        Ok(Facts {
            name: name.to_owned(),
            home,
            pieces,
            fields: all,
            guard,
            jobs,
            persisted,
            target,
            sharers,
            names,
            references: OnceCell::new(),
        })
    }

    /// Where the service stands, for refusals about it as a whole.
    pub fn place(&self) -> error::Place {
        self.pieces
            .first()
            .map_or_else(|| self.home.source.place(0..0), Piece::place)
    }

    /// The path literals of the repository that the facts were collected from which name the home module, as they have
    /// to be when it is at its target.
    pub fn references(&self, repo: &Repository) -> &[Reference] {
        self.references
            .get_or_init(|| placement::references(repo, self.home.source.path(), &self.target))
    }

    /// The fields with this legacy name.
    pub fn named<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f Field<'a>> {
        self.fields.iter().filter(move |field| field.name == name)
    }
}

/// Refuses a backup job that holds under a condition which is not one of the service's: the contract's fields would hold
/// without it.
fn same_conditions(context: &Context, name: &str, pieces: &[Piece], jobs: &[Job]) -> Result<()> {
    let keys = |piece: &Piece| -> Vec<String> {
        let eval = context.eval(piece.module);
        let key = |condition: &ast::Expr| match eval.option_path(condition) {
            Some(path) => path.join("."),
            None => syntax::text_of(syntax::unparen(condition.clone()).syntax()),
        };
        piece.def.context.conditions.iter().map(key).collect()
    };
    let own: Vec<String> = pieces.iter().flat_map(keys).collect();
    for piece in jobs.iter().flat_map(|job| &job.pieces) {
        if piece.def.context.opaque {
            return Err(error::plan::unsupported_value(piece.place(), "it is joined with '//'"));
        }
        if !pieces.is_empty() && keys(piece).iter().any(|key| !own.contains(key)) {
            return Err(error::plan::split_conditions(piece.place(), name));
        }
    }
    Ok(())
}

/// The services that share the module: those that its marker names, or that it declares besides `name`. A service that is
/// declared nowhere shares its module unless everything in it is its own.
fn sharers(context: &Context, home: &Module, name: &str, undeclared: bool) -> Option<Vec<String>> {
    if let Some(marked) = super::share::leftovers::shared_by(home) {
        return Some(marked);
    }
    let rules = context.rules();
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
        .collect();
    all.sort();
    all.dedup();
    let others = all.iter().any(|other| other != name);
    let foreign = undeclared && !super::share::ownership::owns_everything(context, home, name);
    (others || foreign).then_some(all)
}

/// The module that holds the main declaration: the one with a whole set, or else the first.
fn home<'a>(pieces: &[Piece<'a>], depth: usize) -> Option<&'a Module> {
    let whole = pieces.iter().find(|piece| piece.def.path.len() == depth);
    whole.or(pieces.first()).map(|piece| piece.module)
}

fn unknown(context: &Context, name: &str) -> Error {
    let known = legacy_names(context.model, context.rules());
    if known.is_empty() && contract_names(context.model, context.rules()).is_empty() {
        return error::plan::nothing_declared(&context.rules().namespaces.services);
    }
    error::plan::unknown_service(name, &known)
}

/// What turns the service on: the condition that all of its declarations in the home module share.
fn guard<'a>(context: &Context<'a>, home: &'a Module, pieces: &[Piece<'a>], name: &str) -> Result<Guard<'a>> {
    let text = |piece: &Piece| -> Vec<String> {
        piece
            .def
            .context
            .conditions
            .iter()
            .map(|c| syntax::text_of(syntax::unparen(c.clone()).syntax()))
            .collect()
    };
    let mut own = pieces.iter().filter(|piece| piece.path() == home.source.path());
    let first = own.next().expect("the home module has a declaration");
    let conditions = text(first);
    for piece in pieces {
        if piece.def.context.opaque {
            return Err(error::plan::unsupported_value(piece.place(), "it is joined with '//'"));
        }
        if text(piece) != conditions {
            return Err(error::plan::split_conditions(piece.place(), name));
        }
    }
    let [condition] = first.def.context.conditions.as_slice() else {
        return match conditions.len() {
            0 => Ok(Guard::Always),
            _ => Ok(Guard::Condition {
                text: conditions
                    .iter()
                    .map(|c| format!("({c})"))
                    .collect::<Vec<_>>()
                    .join(" && "),
            }),
        };
    };
    let switches = parts(&context.rules().namespaces.switches);
    let text = syntax::text_of(syntax::unparen(condition.clone()).syntax());
    match context.eval(home).option_path(condition) {
        Some(path)
            if path.len() == switches.len() + 2
                && path.last().is_some_and(|l| l == "enable")
                && switches.iter().zip(&path).all(|(a, b)| a == b) =>
        {
            let names: Vec<&str> = path.iter().map(String::as_str).collect();
            if let Some((module, part)) = context.model.may_define(&names) {
                let why = "a part of what sets it is not written out";
                return Err(error::plan::unsupported_switch(part.place(module), why));
            }
            let definitions = context
                .model
                .definitions(&names)
                .into_iter()
                .map(|(module, def)| Piece {
                    module,
                    def: def.clone(),
                })
                .collect();
            Ok(Guard::Switch {
                text,
                path,
                definitions,
            })
        }
        _ => Ok(Guard::Condition { text }),
    }
}

/// Whether `name` at `node` would mean something else than one of the module's own arguments.
pub fn shadowed(node: &SyntaxNode, name: &str) -> bool {
    matches!(
        scope::lookup(node, name),
        scope::Binding::Value(_) | scope::Binding::Split(_) | scope::Binding::Inherited(_)
    )
}

/// The known string of a list element: itself, or its `directory`.
pub fn directory(eval: &Eval, element: &ast::Expr) -> Option<String> {
    match eval.force(element) {
        Value::Known(Known::Str(path)) => Some(path),
        Value::Set(set) => eval.string(&module::attribute(&set, "directory")?).ok(),
        _ => None,
    }
}

/// The syntax error of a file that mentions `name` and does not parse: what it declares cannot be seen.
pub fn broken_file(context: &Context, name: &str) -> Option<Error> {
    let error = |path: &Path| context.repo.source(path)?.syntax_error();
    context.repo.containing(&[name]).into_iter().find_map(error)
}

/// Why a module of the host keeps all services back that it may say something about: what it says of `name` cannot be seen,
/// or Nix reads it otherwise than it looks, whatever it mentions.
fn unseen(context: &Context, name: &str) -> Option<Error> {
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
    unseen.next().map(|(_, error)| error)
}
