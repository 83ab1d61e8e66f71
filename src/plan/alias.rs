//! What the code of a migrated module calls its contract.

use super::model::Guard;
use crate::resolve::module::Module;
use crate::syntax::{self, AstNode, ast};

/// The names that a module may bind its contract to, by preference; the last one where the others mean something else.
pub const NAMES: [&str; 4] = ["cfg", "contract", "serviceContract", "qgrogetContract"];

/// The contract as an expression.
pub struct ContractAlias {
    path: String,
    /// The name that a `let` binds it to.
    name: Option<String>,
}

impl ContractAlias {
    /// The contract at the option path `path`, by a name where the module has one for it.
    pub fn new(path: &str, name: Option<String>) -> ContractAlias {
        ContractAlias {
            path: format!("config.{path}"),
            name,
        }
    }

    /// The condition of a service's code, as source.
    pub fn condition(&self, guard: &Guard) -> String {
        match guard {
            Guard::Switch { text, .. } => text.clone(),
            Guard::Always | Guard::Condition { .. } => format!("{}.enable", self.text()),
        }
    }

    /// As an expression.
    pub fn text(&self) -> &str {
        self.name.as_ref().unwrap_or(&self.path)
    }

    /// Bindings of the contract, where they read the contract, by its name.
    pub fn within(&self, bindings: &str) -> String {
        match &self.name {
            Some(name) => bindings.replace(&format!("{}.", self.path), &format!("{name}.")),
            None => bindings.to_owned(),
        }
    }

    /// The binding of its name.
    pub fn binding(&self) -> Option<String> {
        Some(format!("{} = {};", self.name.as_ref()?, self.path))
    }
}

/// The first of [`NAMES`] that is not `used`.
pub fn choose(used: impl Fn(&str) -> bool) -> String {
    let [preferred @ .., last] = NAMES;
    preferred
        .into_iter()
        .find(|name| !used(name))
        .unwrap_or(last)
        .to_owned()
}

/// A name for the contract that nothing in the module uses.
pub fn fresh(home: &Module) -> String {
    let used: Vec<String> = home
        .source
        .root()
        .descendants()
        .filter_map(ast::Ident::cast)
        .filter(|ident| {
            !ident.syntax().parent().is_some_and(|p| {
                ast::Attrpath::can_cast(p.kind()) && p.children().next().as_ref() != Some(ident.syntax())
            })
        })
        .map(|ident| syntax::ident_text(&ident))
        .collect();
    choose(|name| used.iter().any(|other| other == name))
}
