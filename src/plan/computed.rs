//! Declarations that are not written out: what a function makes for several names, what stands behind a name, names that are
//! computed. They are found, so that none is missed, and refused with their place.

use super::model::{Context, Declaration};
use crate::error::{self, Error};
use crate::resolve::module::{Computed, What};
use crate::resolve::{Def, Eval, Known, Model, Module, Value};
use crate::rules::{Rules, parts};
use crate::syntax::{self, AstNode, Source, ast};

/// The names of what is declared directly below `prefix` without being written out, where they are known.
pub fn names<'m>(model: &'m Model, prefix: &[&str]) -> Vec<&'m str> {
    let found = model.computed(prefix).into_iter();
    found
        .flat_map(|(module, part)| names_of(module, part, prefix))
        .collect()
}

/// As [`names`], in one module.
pub fn names_in<'m>(module: &'m Module, prefix: &[&str]) -> Vec<&'m str> {
    let at = |part: &&Computed| {
        let path = part.path.iter().map(Option::as_deref);
        path.eq(prefix.iter().copied().map(Some))
    };
    let found = module.computed.iter().filter(at);
    found.flat_map(|part| names_of(module, part, prefix)).collect()
}

fn names_of<'m>(module: &'m Module, part: &'m Computed, prefix: &[&str]) -> impl Iterator<Item = &'m str> + use<'m> {
    let at = part.path.len() == prefix.len();
    let names = at.then(|| part.names(module)).flatten();
    names.into_iter().flatten().map(String::as_str)
}

/// The declarations of exactly `path` that are not written out.
pub fn declarations<'m>(model: &'m Model, path: &[&str]) -> Vec<Declaration<'m>> {
    let Some((name, above)) = path.split_last() else {
        return Vec::new();
    };
    let parts = model.computed(above).into_iter();
    let own = parts.filter(|(module, part)| names_of(module, part, above).any(|own| own == *name));
    own.map(|(module, part)| {
        let value = match &part.what {
            What::Value(value) => Some(value.clone()),
            What::Inherited(_) | What::Name(_) => None,
        };
        let def = Def {
            path: path.iter().map(|name| Some((*name).into())).collect(),
            own: part.own + 1,
            entry: part.entry.clone(),
            value,
            context: part.context.clone(),
        };
        Declaration { module, def }
    })
    .collect()
}

/// The refusal of a declaration that is no set literal, by what it is.
pub fn no_literal(module: &Module, expr: &ast::Expr) -> Error {
    let place = module.source.place_of(expr.syntax());
    let (function, arguments) = syntax::call(expr);
    match (syntax::function_name(&function).as_deref(), expr) {
        (Some(function @ ("genAttrs" | "mapAttrs" | "listToAttrs")), _) if !arguments.is_empty() => {
            error::plan::generated(place, function)
        }
        (_, ast::Expr::Ident(_) | ast::Expr::Select(_)) => {
            error::plan::unsupported_value(place, "it stands behind a name, which others may read")
        }
        _ => error::plan::unsupported_value(place, "it is no attribute set literal"),
    }
}

/// Everything of services, backup jobs and contracts that may be defined and cannot be read, each once.
pub fn unreadable(context: &Context) -> Vec<Error> {
    let (mut found, mut seen): (Vec<Error>, Vec<&Computed>) = (Vec::new(), Vec::new());
    for namespace in namespaces(context.rules()) {
        for (module, part) in hidden(context, &parts(namespace)) {
            if !seen.iter().any(|other| std::ptr::eq(*other, part)) {
                seen.push(part);
                found.push(unread(module, part, namespace));
            }
        }
    }
    found.extend(unread_modules(context).map(no_set));
    found
}

/// The files that are imported and no sets, and that mention one of the namespaces.
fn unread_modules<'a>(context: &Context<'a>) -> impl Iterator<Item = &'a Source> {
    let namespaces = namespaces(context.rules());
    context.model.unread().iter().filter(move |source| {
        let has = |word: &str| has_word(source.text(), word);
        namespaces
            .iter()
            .any(|namespace| parts(namespace).iter().all(|part| has(part)))
    })
}

fn no_set(source: &Source) -> Error {
    error::plan::unsupported_module(source.place(0..0), "it is no set")
}

/// Why nothing is done about the service `name`: something that cannot be read may be about it, since it stands in the
/// service's own module, or where its name is mentioned.
pub fn refusal(context: &Context, name: &str, home: Option<&Module>) -> Option<Error> {
    let rules = context.rules();
    let persistence = rules.persistence.options.iter();
    for namespace in namespaces(rules).into_iter().chain(persistence) {
        let at_home = |module: &Module| home.is_some_and(|home| home.source.path() == module.source.path());
        let mut hidden = hidden(context, &parts(namespace)).into_iter();
        let about = hidden.find(|(module, part)| at_home(module) || mentions(context, module, part, name));
        if let Some((module, part)) = about {
            return Some(unread(module, part, namespace));
        }
    }
    unread_modules(context)
        .find(|source| has_word(source.text(), name))
        .map(no_set)
}

fn namespaces(rules: &Rules) -> [&String; 3] {
    let names = &rules.namespaces;
    [&names.services, &names.backups, &names.contract]
}

/// What may define something below `prefix`, of which not even the names are known.
fn hidden<'a>(context: &Context<'a>, prefix: &[&str]) -> Vec<(&'a Module, &'a Computed)> {
    let mut found = context.model.computed(prefix);
    found.retain(|(module, part)| match part.names(module) {
        Some(names) => prefix
            .get(part.path.len())
            .is_some_and(|next| names.iter().any(|name| name == next)),
        None => true,
    });
    found
}

fn unread(module: &Module, part: &Computed, namespace: &str) -> Error {
    match part.what {
        What::Name(_) => error::plan::dynamic_name(part.place(module)),
        What::Value(_) | What::Inherited(_) => error::plan::unread_definitions(part.place(module), namespace),
    }
}

/// Whether the module, or a file that the computed part names, has the service's name as a word.
fn mentions(context: &Context, module: &Module, part: &Computed, name: &str) -> bool {
    let paths = part.node().descendants().filter_map(ast::PathRel::cast);
    let named = paths.filter_map(|path| match Eval::alone(module).eval(&ast::Expr::PathRel(path)) {
        Value::Known(Known::Path(path)) => context.repo.source(&context.repo.import_target(&path)?),
        _ => None,
    });
    let mut files = std::iter::once(&module.source).chain(named);
    files.any(|file| has_word(file.text(), name))
}

/// Whether a text has the name, and not as a part of another one.
fn has_word(text: &str, name: &str) -> bool {
    let mut words = text.split(|c: char| !(c.is_alphanumeric() || "_-'".contains(c)));
    words.any(|word| word == name)
}
