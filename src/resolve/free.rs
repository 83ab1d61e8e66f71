//! Free variables: the names that a piece of code takes from around it.

use std::collections::BTreeMap;

use super::scope::{self, Binding};
use crate::syntax::{self, AstNode, SyntaxNode};

/// A name used below a node and bound outside it.
#[derive(Clone, Debug)]
pub struct Free {
    /// What it is bound to.
    pub binding: Binding,
    /// Where it is first used.
    pub first_use: SyntaxNode,
}

/// The free variables of `node`, by name.
pub fn variables(node: &SyntaxNode) -> BTreeMap<String, Free> {
    let mut found = BTreeMap::new();
    for used in syntax::uses(node) {
        if found.contains_key(&used.name) {
            continue;
        }
        let (ident, name) = (used.node(), used.name);
        let binding = scope::lookup(&ident, &name);
        if !matches!(binding, Binding::Global) && !binds_inside(&binding, node) {
            found.insert(
                name,
                Free {
                    binding,
                    first_use: ident,
                },
            );
        }
    }
    found
}

/// Whether the code that binds the name stands below `node`.
fn binds_inside(binding: &Binding, node: &SyntaxNode) -> bool {
    let inside = |site: &SyntaxNode| syntax::covers(&syntax::span(node), &syntax::span(site));
    match binding {
        Binding::Value(value) => inside(value.syntax()) && value.syntax() != node,
        Binding::Split(values) => values.iter().all(|value| inside(value.syntax())),
        Binding::Inherited(inherit) => inside(inherit.syntax()) && inherit.syntax() != node,
        Binding::Param(lambda) => inside(lambda.syntax()),
        Binding::With(withs) => withs.first().is_some_and(|with| inside(with.syntax())),
        Binding::Global => true,
        Binding::Unbound => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{Source, ast};

    fn free(text: &str) -> Vec<String> {
        let source = Source::new("x.nix", text);
        let root = source.expr().expect("parses");
        let body = root
            .syntax()
            .descendants()
            .filter_map(ast::AttrSet::cast)
            .last()
            .expect("a set");
        variables(body.syntax()).into_keys().collect()
    }

    #[test]
    fn names_from_outside_are_free() {
        assert_eq!(
            free("{config, lib, ...}: let a = 1; in { x = a + config.a.lib; y = lib.mkIf true (z: z); }"),
            ["a", "config", "lib"]
        );
        assert_eq!(
            free("with lib; { x = mkIf; inherit q; inherit (p) r; }"),
            ["mkIf", "p", "q"]
        );
        assert_eq!(free("{ x = let y = 1; in \"${toString y} ${w}\"; }"), ["w"]);
    }
}
