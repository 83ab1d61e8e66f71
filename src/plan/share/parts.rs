//! What of a shared file belongs to one service.

use super::{imports, oidc, ownership};
use crate::plan::model::{Context, ServiceFacts};
use crate::resolve::module::Def;
use crate::syntax::{self, AstNode, Source, SyntaxNode, ast};

/// What leaves the shared file with the service, besides its legacy declarations.
pub struct ExtractedParts<'a> {
    /// Whole bindings.
    pub bindings: Vec<Def>,
    /// Elements of lists, by the list's definition.
    pub elements: Vec<(Def, Vec<ast::Expr>)>,
    /// The conditions that all of it stands under, as source.
    pub conditions: Vec<String>,
    /// The shared file.
    pub source: &'a Source,
}

impl<'a> ExtractedParts<'a> {
    /// What belongs to the service in its home file.
    pub fn find(context: &Context<'a>, facts: &ServiceFacts<'a>) -> ExtractedParts<'a> {
        let names = &facts.names;
        let conditions = facts
            .declarations
            .first()
            .map(|declaration| ownership::text_of(&declaration.def))
            .unwrap_or_default();
        let mut bindings: Vec<Def> = ownership::owned(context, facts.home, names, &facts.name, &conditions)
            .into_iter()
            .cloned()
            .collect();
        let elements = ownership::owned_elements(context, facts.home, names, &facts.name, &conditions);
        let mut elements: Vec<(Def, Vec<ast::Expr>)> = elements
            .into_iter()
            .filter(|(def, _)| {
                !bindings
                    .iter()
                    .any(|b| ownership::contains(b.entry.syntax(), def.entry.syntax()))
            })
            .map(|(def, elements)| (def.clone(), elements))
            .collect();
        let policies = oidc::policies(context, facts.home, &elements, &conditions);
        bindings.extend(policies.into_iter().cloned());
        for (list, origins) in oidc::origins(facts.home, &elements, &conditions) {
            match elements.iter_mut().find(|(own, _)| own.entry == list.entry) {
                Some((_, all)) => {
                    let new = origins.into_iter().filter(|origin| !all.contains(origin));
                    let new: Vec<ast::Expr> = new.collect();
                    all.extend(new);
                    all.sort_by_key(|element| syntax::span(element.syntax()).start);
                }
                None => elements.push((list.clone(), origins)),
            }
        }
        bindings.sort_by_key(|def| syntax::span(def.entry.syntax()).start);
        ExtractedParts {
            bindings,
            elements,
            conditions,
            source: &facts.home.source,
        }
    }

    /// The nodes that go from the shared file.
    pub fn nodes(&self) -> Vec<SyntaxNode> {
        let mut nodes: Vec<SyntaxNode> = self.bindings.iter().map(|def| def.entry.syntax().clone()).collect();
        for (def, elements) in &self.elements {
            let mut all = Vec::new();
            def.value
                .iter()
                .for_each(|value| crate::resolve::list::list_elements(value, &mut all));
            match all.len() == elements.len() {
                true => nodes.push(def.entry.syntax().clone()),
                false => nodes.extend(imports::nodes(elements)),
            }
        }
        nodes
    }
}
