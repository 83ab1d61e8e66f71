//! Free variables: the names that a piece of code takes from around it.

use std::collections::BTreeMap;

use super::scope::{self, Binding};
use crate::syntax::{self, AstNode, SyntaxNode, ast};

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
    for ident in uses(node) {
        let name = ident.text().to_string();
        if found.contains_key(&name) {
            continue;
        }
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

/// Every identifier below `node` that is a variable: not an attribute name, not a formal argument's name.
pub fn uses(node: &SyntaxNode) -> Vec<SyntaxNode> {
    node.descendants()
        .filter(|n| ast::Ident::can_cast(n.kind()))
        .filter(|ident| {
            let Some(parent) = ident.parent() else { return true };
            if ast::Attrpath::can_cast(parent.kind())
                || ast::PatEntry::cast(parent.clone()).is_some_and(|e| e.ident().is_some_and(|i| i.syntax() == ident))
                || ast::PatBind::can_cast(parent.kind())
                || ast::IdentParam::can_cast(parent.kind())
            {
                return false;
            }
            match ast::Inherit::cast(parent) {
                Some(inherit) => inherit.from().is_none(),
                None => true,
            }
        })
        .collect()
}

/// Whether the code that binds the name stands below `node`.
fn binds_inside(binding: &Binding, node: &SyntaxNode) -> bool {
    let inside = |site: &SyntaxNode| {
        syntax::span(node).start <= syntax::span(site).start && syntax::span(site).end <= syntax::span(node).end
    };
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
    use crate::syntax::Source;

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
