//! How a module may write the directory of its state: as the contract says it, and with the names of its `let`.

use crate::plan::model::ServiceFacts;
use crate::syntax::{self, AstNode, HasEntry, ast};

/// The texts between the quotes of a string that are the directory `text`: its own, and those with another name for a
/// part of it. None for a directory that is no path in quotes, or one too short to be told from others.
pub fn of(facts: &ServiceFacts, text: Option<&str>) -> Vec<String> {
    let Some(own) = text.and_then(between_quotes) else {
        return Vec::new();
    };
    let mut all = vec![own.to_owned()];
    for (name, value) in bound(facts) {
        let other = match &value {
            Bound::Text(text) => {
                in_path(own, &format!("${{{name}}}"), text).or_else(|| in_path(own, text, &format!("${{{name}}}")))
            }
            Bound::Option(path) => in_names(own, path, &name).or_else(|| in_names(own, &name, path)),
        };
        all.extend(other.filter(|other| between_quotes(&format!("\"{other}\"")).is_some()));
    }
    all.sort();
    all.dedup();
    all
}

/// What a name of the module's `let` stands for.
enum Bound {
    /// A string without anything to be read in it.
    Text(String),
    /// An option: `config.services.forgejo`.
    Option(String),
}

/// The names of the `let` around the service's module.
fn bound(facts: &ServiceFacts) -> Vec<(String, Bound)> {
    let lets = facts.home.body.syntax().ancestors().filter_map(ast::LetIn::cast);
    let bindings = lets.flat_map(|let_in| let_in.attrpath_values().collect::<Vec<_>>());
    let named = bindings.filter_map(|binding| {
        let [Some(name)] = &syntax::attrpath_names(&binding.attrpath()?)[..] else {
            return None;
        };
        let bound = match binding.value()? {
            ast::Expr::Str(string) => Bound::Text(syntax::string_value(&string).filter(|text| is_plain(text))?),
            ast::Expr::Select(select) if select.default_expr().is_none() => {
                let text = syntax::text_of(select.syntax());
                Bound::Option(text.starts_with("config.").then_some(text)?)
            }
            _ => return None,
        };
        Some((name.clone(), bound))
    });
    named.collect()
}

/// Whether a text is a name of a directory that means the same between quotes and outside of them.
fn is_plain(text: &str) -> bool {
    text.len() > 1 && text.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c))
}

/// The path with `to` for each of its names that is `from`.
fn in_path(path: &str, from: &str, to: &str) -> Option<String> {
    let names: Vec<&str> = path.split('/').collect();
    let new = names.iter().map(|name| if *name == from { to } else { name });
    names.contains(&from).then(|| new.collect::<Vec<_>>().join("/"))
}

/// The path with `to` for `from` at the beginning of what it reads.
fn in_names(path: &str, from: &str, to: &str) -> Option<String> {
    let from = format!("${{{from}.");
    path.contains(&from).then(|| path.replace(&from, &format!("${{{to}.")))
}

/// The text between the quotes of a path's string that is long enough to be told from others: two names at least, or
/// one that is an option's.
fn between_quotes(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let names = inner.split('/').filter(|name| !name.is_empty()).count();
    let is_option =
        inner.starts_with("${") && inner.ends_with('}') && inner.contains('.') && inner.matches('{').count() == 1;
    let plain = !inner.contains(['"', '\\', '\n']) && !inner.contains("$$") && !inner.contains("''");
    ((names >= 2 || is_option) && plain && inner.starts_with(['/', '$'])).then_some(inner)
}
