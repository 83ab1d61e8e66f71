//! How the installed files take effect: imports, the settings block, names that exist outside the configuration.

use std::path::{Path, PathBuf};

use super::schema::{middlewares as middlewares_of_collector, unreadable};
use super::texts;
use crate::edit::{GroupId, indent, trivia};
use crate::error::{self, Place, Result};
use crate::plan::import_list;
use crate::plan::model::Context;
use crate::plan::ops::Ops;
use crate::plan::setting::{self, Setting};
use crate::repo::{Repository, hosts};
use crate::resolve::list::list_elements;
use crate::resolve::module::{Def, Module, attribute};
use crate::resolve::{Eval, Known, Value};
use crate::rules::{ContractField, parts};
use crate::syntax::{self, AstNode, Source, ast};

/// Which of the files `wanted` (below the server's modules) nothing imports yet. An import may be there without its file.
pub fn unimported(context: &Context, wanted: &[&'static str]) -> Vec<&'static str> {
    let server = &context.rules().paths.server;
    let is_named = |path: &PathBuf| {
        let mut modules = context.model.modules().map(|module| module.source.path());
        modules.any(|module| context.model.is_imported(module) && context.repo.imports(module).contains(path))
    };
    let lacks_import = |file: &&&str| {
        let path = server.join(file);
        !context.model.is_imported(&path) && !is_named(&path)
    };
    wanted.iter().filter(lacks_import).copied().collect()
}

/// Adds files to the server's imports, behind the schema's.
///
/// # Errors
/// `no-host` without a `default.nix` of the server's modules, `unsupported-module` where its imports are no list.
pub fn imports(work: &mut Ops, context: &Context, files: &[&str], group: GroupId) -> Result<()> {
    let rules = context.rules();
    let path = rules.paths.server.join("default.nix");
    let Some(source) = context.repo.source(&path) else {
        return Err(error::repo::no_host(&rules.paths.server, &rules.paths.hosts));
    };
    let module = Module::read(source).ok_or_else(|| unreadable(source))?;
    let imported = hosts::imports(context.repo, &module);
    let there = |file: &&&str| {
        let file = rules.paths.server.join(file);
        imported.iter().any(|(target, _)| *target == file)
    };
    let wanted: Vec<String> = files
        .iter()
        .filter(|file| !there(file))
        .map(|file| format!("./{file}"))
        .collect();
    let options = rules.paths.server.join("options.nix");
    add_imports(work, context.repo, &path, &wanted, Some(&options), group)
}

/// The last list literal among the lists that are put together.
fn last_list(imports: &ast::Expr) -> Option<ast::List> {
    match syntax::unparen(imports.clone()) {
        ast::Expr::List(list) => Some(list),
        ast::Expr::BinOp(op) if op.operator() == Some(ast::BinOpKind::Concat) => {
            let last = |side: Option<ast::Expr>| side.and_then(|side| last_list(&side));
            last(op.rhs()).or_else(|| last(op.lhs()))
        }
        _ => None,
    }
}

/// Puts a list of path literals behind imports that are computed.
fn append_list(work: &mut Ops, source: &Source, imports: &ast::Expr, wanted: &[String], group: GroupId) {
    let span = syntax::span(&syntax::parenthesised(imports.syntax()));
    let is_operand = matches!(
        imports,
        ast::Expr::Apply(_) | ast::Expr::Ident(_) | ast::Expr::Select(_) | ast::Expr::BinOp(_)
    );
    let is_in_parentheses = span != syntax::span(imports.syntax());
    let list = format!(" ++ [{}]", wanted.join(" "));
    if is_operand || is_in_parentheses {
        work.insert(source.path(), span.end, list, group);
    } else {
        work.insert(source.path(), span.start, "(".to_owned(), group);
        work.insert(source.path(), span.end, format!("){list}"), group);
    }
}

/// Adds path literals to the imports of the module at `path`: behind the import of `after`, or at the end.
///
/// # Errors
/// `unsupported-module` where the file is no module.
pub fn add_imports(
    work: &mut Ops,
    repo: &Repository,
    path: &Path,
    wanted: &[String],
    after: Option<&Path>,
    group: GroupId,
) -> Result<()> {
    let Some(source) = repo.source(path).filter(|_| !wanted.is_empty()) else {
        return Ok(());
    };
    let module = Module::read(source).ok_or_else(|| unreadable(source))?;
    let list = match attribute(&module.body, "imports").map(syntax::unparen) {
        Some(imports) => match last_list(&imports) {
            Some(list) => list,
            None => {
                append_list(work, source, &imports, wanted, group);
                return Ok(());
            }
        },
        None => {
            let (at, list) = import_list::new(source, &module.body, wanted);
            work.insert(path, at, list + "\n", group);
            return Ok(());
        }
    };
    let imported = hosts::imports(repo, &module);
    let behind = after.and_then(|after| imported.iter().find(|(target, _)| target == after));
    let at = match behind {
        Some((_, element)) => trivia::extent(source.text(), element.syntax()).text.end,
        None if after.is_some() => list.l_brack_token().map_or(0, |t| syntax::token_span(&t).end),
        None => {
            let close = list.r_brack_token().map_or(0, |t| syntax::token_span(&t).start);
            source.text()[..close].trim_end().len()
        }
    };
    let pad = indent::inside(source.text(), list.syntax());
    let text: String = wanted.iter().map(|file| format!("\n{pad}{file}")).collect();
    work.insert(path, at, text, group);
    Ok(())
}

/// Whether the host's settings have a place for contracts.
///
/// # Errors
/// `no-settings` without such a file.
pub fn has_settings(context: &Context) -> Result<bool> {
    let settings = setting::host(context)?;
    let contract = parts(&context.rules().namespaces.contract);
    Ok(settings.under(&contract).next().is_some())
}

/// Puts the block of services that run into the host's settings.
///
/// # Errors
/// `unsupported-module` where the settings have no set for it.
pub fn settings(work: &mut Ops, context: &Context, group: GroupId) -> Result<()> {
    let namespaces = &context.rules().namespaces;
    let comment = texts::settings_comment(&context.rules().paths.server, &context.host.name, &namespaces.collector);
    let block = (
        namespaces.contract.as_str(),
        "",
        texts::SETTINGS_BLOCK,
        comment.as_str(),
    );
    let strict = (
        namespaces.contract_options.as_str(),
        "strict",
        "true",
        texts::STRICT_COMMENT,
    );
    let is_strict = !context
        .model
        .definitions(&[parts(&namespaces.contract_options), vec!["strict"]].concat())
        .is_empty();
    for (namespace, rest, value, comment) in [Some(block), (!is_strict).then_some(strict)].into_iter().flatten() {
        setting(work, context, namespace, rest, value, comment, group)?;
    }
    Ok(())
}

fn setting(
    work: &mut Ops,
    context: &Context,
    namespace: &str,
    rest: &str,
    value: &str,
    comment: &str,
    group: GroupId,
) -> Result<()> {
    let path = parts(namespace);
    let (name, prefix) = path.split_last().expect("a namespace has parts");
    Setting {
        prefix,
        name,
        rest,
        value,
        comment,
        last: true,
    }
    .insert(work, setting::host(context)?, group)
}

/// Middlewares that services name and that nothing in the configuration is known to define.
#[derive(Debug, Default)]
pub struct OutsideMiddlewares {
    /// Sorted.
    pub names: Vec<String>,
    /// Where they may be defined, in a part of Traefik's configuration that is not written out.
    pub unread: Option<Place>,
}

/// The middlewares that services name and that nothing in the configuration is known to define.
///
/// A module that no host imports counts for itself only. Those that `qgroget.contract.extraMiddlewares` lists already
/// are left out, and so are names that the collector defines for whoever uses them.
pub fn outside_middlewares(context: &Context) -> OutsideMiddlewares {
    let listed = extra(context).into_iter().flat_map(|(_, names)| names);
    let everywhere: Vec<String> = context
        .model
        .modules()
        .filter(|module| context.model.is_imported(module.source.path()))
        .flat_map(|module| defined(context, module))
        .chain(listed)
        .collect();
    let mut names = Vec::new();
    for module in context.model.modules() {
        let own = defined(context, module);
        let used = used(context, module);
        names.extend(
            used.into_iter()
                .filter(|name| !everywhere.contains(name) && !own.contains(name)),
        );
    }
    if !names.is_empty() {
        let predefined = middlewares_of_collector(context);
        names.retain(|name| !predefined.contains(name));
    }
    names.sort();
    names.dedup();
    let unread = names.iter().find_map(|name| may_be_defined(context, name));
    OutsideMiddlewares { names, unread }
}

/// Where a middleware may be defined: by something that is computed, or in data that is none of the configuration's own,
/// as where a file is generated from it.
fn may_be_defined(context: &Context, name: &str) -> Option<Place> {
    let computed = computed_by_traefik(context, name).or_else(|| computed_by_service(context));
    computed.or_else(|| in_data(context, name))
}

/// A part of Traefik's own configuration that is computed.
fn computed_by_traefik(context: &Context, name: &str) -> Option<Place> {
    let path = [&TRAEFIK[..], &[name]].concat();
    let mut parts = context.model.computed(&path).into_iter();
    let found = parts.find(|(module, part)| {
        let next = path.get(part.path.len());
        let may_be = |names: &[String]| names.iter().any(|name| next == Some(&name.as_str()));
        context.model.is_imported(module.source.path()) && part.names(module).is_none_or(may_be)
    });
    found.map(|(module, part)| part.place(module))
}

/// A service's part of it that is.
fn computed_by_service(context: &Context) -> Option<Place> {
    let imported = |module: &&Module| context.model.is_imported(module.source.path());
    context.model.modules().filter(imported).find_map(|module| {
        let defs = of_field(context, module, &ContractField::TraefikDynamicConfig).into_iter();
        let mut computed = defs.filter(|(def, at)| {
            let below = def.path[*at..].iter().zip(["http", "middlewares"]);
            let on_the_way =
                def.path.len() <= at + 2 && below.clone().all(|(a, b)| a.as_deref().is_none_or(|a| a == b));
            on_the_way && !def.value.as_ref().is_some_and(|value| is_set(context, module, value))
        });
        computed
            .next()
            .map(|(def, _)| module.source.place_of(def.entry.syntax()))
    })
}

/// Whether a value is a set that is written out, with its conditions and priorities.
fn is_set(context: &Context, module: &Module, value: &ast::Expr) -> bool {
    let (function, mut arguments) = syntax::call(&syntax::unparen(value.clone()));
    match (syntax::function_name(&function), arguments.pop()) {
        (Some(name), Some(last)) if name.starts_with("mk") || name == "optionalAttrs" => is_set(context, module, &last),
        _ => matches!(Eval::new(context.model, module).force(value), Value::Set(_)),
    }
}

/// A set with the middleware's name where one would be defined, whatever it is for.
fn in_data(context: &Context, name: &str) -> Option<Place> {
    let files = context.repo.containing(&[name]).into_iter();
    let files = files.filter(|path| context.model.is_imported(path));
    let mut sources = files.filter_map(|path| context.repo.source(path));
    let defines = |binding: &ast::AttrpathValue| {
        let path = syntax::whole_path(binding);
        let mut windows = path.windows(3);
        windows.any(|part| {
            part.iter()
                .zip(["http", "middlewares", name])
                .all(|(a, b)| a.as_deref() == Some(b))
        })
    };
    sources.find_map(|source| {
        let bindings: Vec<ast::AttrpathValue> = syntax::nodes(&source.root());
        let found = bindings.into_iter().find(defines)?;
        Some(source.place_of(found.syntax()))
    })
}

/// The definitions in a module for a field of its services, legacy and contract, and how long the path to the field is.
fn of_field<'m>(context: &Context, module: &'m Module, field: &ContractField) -> Vec<(&'m Def, usize)> {
    let rules = context.rules();
    let mut found = Vec::new();
    for namespace in [&rules.namespaces.services, &rules.namespaces.contract] {
        let prefix = parts(namespace);
        let at = prefix.len() + 1;
        let is_it = |def: &&Def| def.name(at).and_then(|name| rules.field(namespace, name)).as_ref() == Some(field);
        found.extend(module.under(&prefix).filter(is_it).map(|def| (def, at + 1)));
    }
    found
}

/// Traefik's own middlewares.
const TRAEFIK: [&str; 5] = ["services", "traefik", "dynamicConfigOptions", "http", "middlewares"];

/// The names of middlewares that a module's services define.
fn defined(context: &Context, module: &Module) -> Vec<String> {
    let mut found = Vec::new();
    for (def, at) in of_field(context, module, &ContractField::TraefikDynamicConfig) {
        if def.name(at) == Some("http") && def.name(at + 1) == Some("middlewares") {
            found.extend(def.name(at + 2).map(str::to_owned));
        }
    }
    found.extend(
        module
            .under(&TRAEFIK)
            .filter_map(|def| def.name(TRAEFIK.len()).map(str::to_owned)),
    );
    found
}

/// The names of middlewares that a module's services use.
fn used<'a>(context: &Context<'a>, module: &'a Module) -> Vec<String> {
    let mut found = Vec::new();
    for (def, at) in of_field(context, module, &ContractField::Middlewares) {
        if let (true, Some(value)) = (def.path.len() == at, &def.value) {
            found.extend(strings(context, module, value));
        }
    }
    found
}

fn strings<'a>(context: &Context<'a>, module: &'a Module, list: &ast::Expr) -> Vec<String> {
    let mut elements = Vec::new();
    list_elements(list, &mut elements);
    let known = elements
        .iter()
        .filter_map(|element| match context.eval(module).force(element) {
            Value::Known(Known::Str(name)) => Some(name),
            _ => None,
        });
    known.collect()
}

/// The definitions of `extraMiddlewares`, each with the names that it lists.
fn extra<'a>(context: &Context<'a>) -> Vec<((&'a Module, ast::Expr), Vec<String>)> {
    let options = parts(&context.rules().namespaces.contract_options);
    let path = [options, vec!["extraMiddlewares"]].concat();
    let definitions = context.model.definitions(&path).into_iter();
    definitions
        .filter_map(|(module, def)| Some((module, def.value.clone()?)))
        .map(|(module, value)| ((module, value.clone()), strings(context, module, &value)))
        .collect()
}

/// Lists middlewares in the host's settings, in the list that is there or in a new one.
///
/// # Errors
/// `unsupported-module` where the settings have no set for it.
pub fn middlewares(work: &mut Ops, context: &Context, outside: &OutsideMiddlewares, group: GroupId) -> Result<()> {
    let quoted: Vec<String> = outside.names.iter().map(|name| syntax::string_text(name)).collect();
    for ((module, value), _) in extra(context) {
        if let ast::Expr::List(list) = &value {
            let at = list.r_brack_token().map_or(0, |token| syntax::token_span(&token).start);
            let at = module.source.text()[..at].trim_end().len();
            let gap = if list.items().next().is_some() { " " } else { "" };
            work.insert(module.source.path(), at, format!("{gap}{}", quoted.join(" ")), group);
            return Ok(());
        }
    }
    let namespace = &context.rules().namespaces.contract_options;
    let value = format!("[{}]", quoted.join(" "));
    let comment = match &outside.unread {
        Some(place) => texts::middlewares_unread_comment(&place.path),
        None => texts::MIDDLEWARES_COMMENT.to_owned(),
    };
    setting(work, context, namespace, "extraMiddlewares", &value, &comment, group)
}
