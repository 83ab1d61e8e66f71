//! Options that the service's module declares, with its port as their default.

use super::{Restatement, is_called_port};
use crate::plan::model::ServiceFacts;
use crate::resolve::scope;
use crate::rules::ContractField;
use crate::syntax::{self, AstNode, HasEntry, ast};

/// The defaults of options of the service's own module that are called like a port and have this number. A module that
/// several share is not looked at: what leaves it takes no options along.
pub(super) fn defaults(
    facts: &ServiceFacts,
    is_shared: bool,
    port: Option<u16>,
) -> impl Iterator<Item = Restatement> + use<> {
    let text = facts.home.source.text().to_string();
    let is_option = |entry: &ast::AttrpathValue| scope::first_name(entry).as_deref() == Some("options");
    let declared: Vec<ast::AttrpathValue> = match port {
        Some(_) if !is_shared => facts.home.body.attrpath_values().filter(is_option).collect(),
        _ => Vec::new(),
    };
    let bindings = declared
        .into_iter()
        .flat_map(|options| syntax::nodes::<ast::AttrpathValue>(options.syntax()));
    bindings.filter_map(move |binding| default_of(&binding, port?, &text))
}

/// The default of the option that a binding declares, if it is the port and the documentation shows it as it is written.
fn default_of(binding: &ast::AttrpathValue, port: u16, text: &str) -> Option<Restatement> {
    let declaration = binding.value()?;
    let arguments = syntax::call_of(&declaration, "mkOption", 1)?;
    let ast::Expr::AttrSet(set) = &arguments[0] else {
        return None;
    };
    let named = |name: &str| {
        set.attrpath_values().find(|value| {
            value
                .attrpath()
                .is_some_and(|path| syntax::text_of(path.syntax()) == name)
        })
    };
    let default = named("default")?;
    let Some(ast::Expr::Literal(number)) = default.value() else {
        return None;
    };
    let ast::LiteralKind::Integer(value) = number.kind() else {
        return None;
    };
    let is_it = u16::try_from(value.value().ok()?) == Ok(port) && is_called_port(declaration.syntax());
    if !is_it || named("defaultText").is_some() {
        return None;
    }
    let ast::Expr::Apply(call) = &declaration else {
        return None;
    };
    let function = syntax::text_of(call.lambda()?.syntax());
    let literal = format!("{}literalExpression", function.strip_suffix("mkOption")?);
    let start = syntax::span(default.syntax()).start;
    let line = &text[text[..start].rfind('\n').map_or(0, |at| at + 1)..start];
    let gap = match line.trim().is_empty() {
        true => format!("\n{line}"),
        false => " ".to_owned(),
    };
    Some(Restatement {
        field: ContractField::Port,
        range: syntax::span(number.syntax()),
        node: number.syntax().clone(),
        shown: Some(format!(";{gap}defaultText = {literal} ")),
    })
}
