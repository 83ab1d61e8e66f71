//! Set literals that a declaration is put together from: in parentheses, below `let` and `with`, in the list of `mkMerge`,
//! on both sides of `//`.

use std::collections::{BTreeMap, BTreeSet};

use super::fact::{Declaration, Fact};
use crate::error::{self, Result};
use crate::plan::computed;
use crate::plan::share::ownership::is_in_a_priority;
use crate::resolve::Eval;
use crate::rules::ContractField;
use crate::syntax::{self, AstNode, HasEntry, ast};

/// The entries of all sets that the piece's value is made of, in source order.
///
/// # Errors
/// `unsupported-value` where something in it is no set literal, or where one side of `//` hides what the other says.
pub fn entries(declaration: &Declaration) -> Result<Vec<ast::Entry>> {
    let Some(value) = &declaration.def.value else {
        return Err(error::plan::unsupported_value(declaration.place(), "it is inherited"));
    };
    let mut found = Vec::new();
    collect(declaration, value, &mut found)?;
    Ok(found)
}

/// Checks that no contract field would be set twice: definitions of an option are merged, bindings in a set are not.
///
/// # Errors
/// `unsupported-value` at the second binding.
pub fn check_twice(facts: &[Fact]) -> Result<()> {
    let mut seen: BTreeMap<(&ContractField, &str), &Fact> = BTreeMap::new();
    // Sets are merged where they stand side by side.
    let is_set =
        |fact: &Fact| matches!(&fact.origin.value, Some(ast::Expr::AttrSet(set)) if !syntax::is_recursive(set));
    // Lists of directories become one list.
    for fact in facts.iter().filter(|fact| fact.field != ContractField::PersistedData) {
        if let Some(first) = seen.insert((&fact.field, &fact.origin.rest), fact)
            && !(is_set(first) && is_set(fact))
        {
            return Err(error::plan::set_twice(fact.place(), &fact.origin.name, &first.place()));
        }
    }
    Ok(())
}

/// Checks that no priority stands around what is to be moved: by itself a field would be without it.
///
/// # Errors
/// `unsupported-value` at the first that one stands around.
pub fn check_priorities<'f>(facts: impl IntoIterator<Item = &'f Fact<'f>>) -> Result<()> {
    let mut within = facts.into_iter().filter(|fact| is_in_a_priority(&fact.origin.node));
    within
        .next()
        .map_or(Ok(()), |fact| Err(error::plan::priority_around(fact.place())))
}

/// Whether the value is more than one set literal: it goes as a whole once all of its fields go.
pub fn is_compound(declaration: &Declaration) -> bool {
    let value = declaration.def.value.clone().map(syntax::unparen);
    value.is_some_and(|value| !matches!(value, ast::Expr::AttrSet(_)))
}

fn collect(declaration: &Declaration, expr: &ast::Expr, found: &mut Vec<ast::Entry>) -> Result<()> {
    let refused = |expr: &ast::Expr, why: &str| {
        let place = declaration.module.source.place_of(expr.syntax());
        Err(error::plan::unsupported_value(place, why))
    };
    let expr = syntax::unparen(expr.clone());
    match &expr {
        ast::Expr::AttrSet(set) => found.extend(set.entries()),
        ast::Expr::LetIn(inner) => inner
            .body()
            .iter()
            .try_for_each(|body| collect(declaration, body, found))?,
        ast::Expr::With(inner) => inner
            .body()
            .iter()
            .try_for_each(|body| collect(declaration, body, found))?,
        ast::Expr::BinOp(op) if op.operator() == Some(ast::BinOpKind::Update) => {
            let mut names = BTreeSet::new();
            for side in [op.lhs(), op.rhs()].into_iter().flatten() {
                let mut inner = Vec::new();
                collect(declaration, &side, &mut inner)?;
                let own: BTreeSet<Option<String>> =
                    inner.iter().flat_map(|entry| first_names(declaration, entry)).collect();
                // What the right side sets replaces the whole of what the left side has there.
                if own.contains(&None) || !names.is_disjoint(&own) {
                    return refused(&expr, "one side of '//' hides what the other says");
                }
                names.extend(own);
                found.extend(inner);
            }
        }
        other => {
            let list = syntax::call_of(other, "mkMerge", 1).map(|mut arguments| syntax::unparen(arguments.remove(0)));
            let Some(ast::Expr::List(list)) = list else {
                return Err(computed::no_literal(declaration.module, other));
            };
            list.items().try_for_each(|item| collect(declaration, &item, found))?;
        }
    }
    Ok(())
}

/// The first name of each path that an entry binds; `None` for one that is computed.
fn first_names(declaration: &Declaration, entry: &ast::Entry) -> Vec<Option<String>> {
    match entry {
        ast::Entry::AttrpathValue(_) => {
            let names = Eval::alone(declaration.module).entry_names(entry);
            vec![names.into_iter().next().flatten()]
        }
        ast::Entry::Inherit(inherit) => inherit.attrs().map(|attr| syntax::attr_name(&attr)).collect(),
    }
}
