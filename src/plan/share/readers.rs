//! What stays in a shared file and reads a value that a service takes with it: it reads the service's contract afterwards,
//! so that the value is said once.

use std::ops::Range;

use super::bindings::is_outermost;
use crate::plan::model::{Context, ServiceFacts};
use crate::plan::{contract, url};
use crate::resolve::module::Module;
use crate::resolve::scope::{self, Binding};
use crate::rules::ContractField;
use crate::syntax::{self, AstNode, SyntaxNode, ast};

/// The ranges outside of `gone` that read the service's port from a set that a `let` binds, each with what reads the port
/// from the contract.
pub fn of_port(context: &Context, facts: &ServiceFacts, gone: &[Range<usize>]) -> Vec<(Range<usize>, String)> {
    let home = facts.home;
    let Some(said) = port(facts) else {
        return Vec::new();
    };
    let Some(bound) = base(&said) else {
        return Vec::new();
    };
    let text = format!("config.{}.{}", contract::path(context, facts), ContractField::Port);
    let wanted = syntax::text_of(said.syntax());
    let is_outside = |node: &SyntaxNode| !gone.iter().any(|range| syntax::covers(range, &syntax::span(node)));
    let selects = syntax::nodes::<ast::Select>(&home.source.root()).into_iter();
    let others = selects.filter(|select| {
        syntax::text_of(select.syntax()) == wanted
            && is_outside(select.syntax())
            && base(select).is_some_and(|other| other == bound)
            && is_argument(home, select.syntax())
    });
    others
        .map(|select| (syntax::span(select.syntax()), text.clone()))
        .collect()
}

/// The selection that the contract's port becomes: `cfg.ports.sonarr` of `"http://127.0.0.1:${toString cfg.ports.sonarr}"`.
fn port(facts: &ServiceFacts) -> Option<ast::Select> {
    let fact = facts.first(&ContractField::Url)?;
    let value = fact.origin.value.as_ref()?;
    let said = url::read(value).port?;
    let mut selects = syntax::nodes::<ast::Select>(value.syntax()).into_iter();
    let here = std::ptr::eq(fact.origin.module, facts.home);
    selects.find(|select| here && select.default_expr().is_none() && syntax::text_of(select.syntax()) == said)
}

/// The `let` binding that a selection is made from, where it binds a set.
fn base(select: &ast::Select) -> Option<SyntaxNode> {
    let ast::Expr::Ident(ident) = select.expr()? else {
        return None;
    };
    match scope::lookup(ident.syntax(), &syntax::ident_text(&ident)) {
        Binding::Value(value) => {
            let is_set = matches!(value.value(), Some(ast::Expr::AttrSet(_)));
            let in_let = value
                .syntax()
                .parent()
                .is_some_and(|parent| ast::LetIn::can_cast(parent.kind()));
            (is_set && in_let).then(|| value.syntax().clone())
        }
        _ => None,
    }
}

/// Whether `config` means the module's argument at a node.
fn is_argument(home: &Module, node: &SyntaxNode) -> bool {
    match scope::lookup(node, "config") {
        Binding::Param(lambda) => is_outermost(home, &lambda),
        _ => false,
    }
}
