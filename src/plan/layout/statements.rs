//! Which statements of a new module stand in one set: those that stood in one set of the file that they leave.

use crate::plan::share::parts::ExtractedParts;
use crate::resolve::module::Def;
use crate::syntax::{self, AstNode, SyntaxNode, ast};

/// How many names a set has in common, at least, for its statements to stay in it: `services = { … }` alone says little of
/// what is in it.
const LEAST: usize = 2;

/// A definition of the shared file that leaves it.
pub struct Statement<'p> {
    pub def: &'p Def,
    /// Those of its elements that leave, where it is a list of which others stay.
    pub elements: Option<&'p [ast::Expr]>,
}

/// Statements, and the names that they have in common where they stand in one set.
pub struct Block<'s, 'p> {
    pub prefix: Vec<String>,
    pub statements: &'s [Statement<'p>],
}

impl<'p> Statement<'p> {
    /// All that leave, in the order in which they stand.
    pub fn all(parts: &'p ExtractedParts) -> Vec<Statement<'p>> {
        let bindings = parts.bindings.iter().map(|def| Statement { def, elements: None });
        let lists = parts.elements.iter().map(|(def, elements)| Statement {
            def,
            elements: Some(elements),
        });
        let mut all: Vec<Statement> = bindings.chain(lists).collect();
        all.sort_by_key(|statement| syntax::span(statement.def.entry.syntax()).start);
        all
    }

    /// Whether it declares secrets.
    pub fn is_of_secrets(&self) -> bool {
        self.def.name(0) == Some("sops")
    }

    /// The sets that it stands in, from within, each with the number of names of its path that stand outside of it.
    fn sets(&self) -> Vec<(SyntaxNode, usize)> {
        let mut outside = self.def.path.len();
        let mut sets = Vec::new();
        for node in self.def.entry.syntax().ancestors() {
            if let Some(binding) = ast::AttrpathValue::cast(node.clone()) {
                let names = binding.attrpath().map_or(0, |path| path.attrs().count());
                outside = outside.saturating_sub(names);
            } else if ast::AttrSet::can_cast(node.kind()) {
                sets.push((node, outside));
            }
        }
        sets
    }
}

/// The statements in blocks, in their order.
pub fn blocks<'s, 'p>(statements: &'s [Statement<'p>]) -> Vec<Block<'s, 'p>> {
    let mut blocks = Vec::new();
    let mut rest = statements;
    while let Some(first) = rest.first() {
        let mut sets = first.sets();
        sets.retain(|(_, outside)| *outside >= LEAST);
        let mut length = 1;
        while let Some(next) = rest.get(length) {
            let of_next = next.sets();
            let common: Vec<_> = sets.iter().filter(|set| of_next.contains(set)).cloned().collect();
            if common.is_empty() {
                break;
            }
            sets = common;
            length += 1;
        }
        let prefix = sets.first().filter(|_| length > 1);
        let names = |outside: usize| {
            first.def.path[..outside]
                .iter()
                .map(|name| Some(syntax::attr_text(name.as_ref()?)))
        };
        let prefix: Option<Vec<String>> = prefix.and_then(|(_, outside)| names(*outside).collect());
        let prefix = prefix.unwrap_or_default();
        // A name that is computed is not said for all: each says its own.
        let length = if prefix.is_empty() { 1 } else { length };
        blocks.push(Block {
            prefix,
            statements: &rest[..length],
        });
        rest = &rest[length..];
    }
    blocks
}
