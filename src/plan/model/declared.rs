//! What is declared where: the names of services, the bindings that declare something, and the fields in them.

use std::collections::BTreeSet;

use super::Context;
use super::fact::{Declaration, LegacyField};
use super::literal;
use crate::error::{self, Result};
use crate::plan::computed;
use crate::resolve::module::{self, Def, Module};
use crate::resolve::{Eval, Known, Value};
use crate::resolve::{Model, scope};
use crate::rules::{Rules, parts};
use crate::syntax::{self, AstNode, SyntaxNode, ast};

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
pub fn topmost<'a>(model: &'a Model, prefix: &[&str]) -> Vec<Declaration<'a>> {
    model
        .under(prefix)
        .into_iter()
        .filter(|(_, def)| def.path.len() - def.own < prefix.len())
        .map(|(module, def)| Declaration {
            module,
            def: def.clone(),
        })
        .chain(computed::declarations(model, prefix))
        .collect()
}

/// The fields that `declaration` declares for something at `depth` parts of its path.
///
/// # Errors
/// `unsupported-value` where the declaration is no set literal.
pub fn fields<'a>(declaration: &Declaration<'a>, depth: usize) -> Result<Vec<LegacyField<'a>>> {
    let source = &declaration.module.source;
    let text = |node: &SyntaxNode| syntax::text_of(node);
    if declaration.def.path.len() > depth {
        let Some(name) = declaration.def.name(depth) else {
            return Err(error::plan::dynamic_name(declaration.place()));
        };
        let ast::Entry::AttrpathValue(binding) = &declaration.def.entry else {
            return Err(error::plan::unsupported_value(declaration.place(), "it is inherited"));
        };
        let value = binding.value();
        return Ok(vec![LegacyField {
            module: declaration.module,
            name: name.to_owned(),
            rest: rest(declaration, declaration.node(), &declaration.def.path[depth + 1..])?,
            node: declaration.node().clone(),
            text: value.as_ref().map(|v| text(v.syntax())).unwrap_or_default(),
            value,
        }]);
    }
    let entries = literal::entries(declaration)?;
    let mut found = Vec::new();
    for entry in entries {
        match &entry {
            ast::Entry::AttrpathValue(binding) => {
                let names = Eval::alone(declaration.module).entry_names(&entry);
                let Some(Some(name)) = names.first() else {
                    return Err(error::plan::dynamic_name(source.place_of(entry.syntax())));
                };
                found.push(LegacyField {
                    module: declaration.module,
                    name: name.clone(),
                    rest: rest(declaration, entry.syntax(), &names[1..])?,
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
                    found.push(LegacyField {
                        module: declaration.module,
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
fn rest(declaration: &Declaration, node: &SyntaxNode, path: &[Option<impl AsRef<str>>]) -> Result<String> {
    match path.iter().all(Option::is_some) {
        true => Ok(module::path_text(path)),
        false => Err(error::plan::dynamic_name(declaration.module.source.place_of(node))),
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

/// Whether what is kept at `outer` covers `path`.
pub fn covers(outer: &str, path: &str) -> bool {
    let outer = outer.trim_end_matches('/');
    path.strip_prefix(outer)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The elements of the lists of persistent directories that no service has, with their modules.
pub fn persisted_elements<'a>(context: &Context<'a>) -> Vec<(&'a Module, ast::Expr)> {
    let rules = &context.rules().persistence;
    let mut found = Vec::new();
    for option in &rules.options {
        let prefix = parts(option);
        for (module, def) in context.model.under(&prefix) {
            let list = def.path.len() == prefix.len() + 2 && def.name(prefix.len() + 1) == Some(&rules.list);
            if list && context.model.is_imported(module.source.path()) {
                let mut elements = Vec::new();
                def.value
                    .iter()
                    .for_each(|value| crate::resolve::list::list_elements(value, &mut elements));
                found.extend(elements.into_iter().map(|element| (module, element)));
            }
        }
    }
    found
}
