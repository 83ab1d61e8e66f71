//! The arguments that a module's function takes.

use super::workset::Workset;
use crate::edit::{GroupId, indent};
use crate::error::{self, Result};
use crate::resolve::Module;
use crate::resolve::scope::{self, Binding};
use crate::syntax::{self, AstNode, Source, SyntaxElement, SyntaxNode, ast};

/// How many formals alejandra leaves on one line, `...` being one.
const ON_ONE_LINE: usize = 2;

/// Adds those of `names` that the module's function does not take yet; a module that is no function becomes one.
///
/// # Errors
/// `unsupported-module` for a function with one argument that is no set pattern; `unmovable` where a name is
/// bound to something else around the module's set.
pub fn add(work: &mut Workset, module: &Module, names: &[&str], group: GroupId) -> Result<()> {
    let source = &module.source;
    let body = module.body.syntax();
    let mut missing = Vec::new();
    for name in names {
        match scope::lookup(body, name) {
            Binding::Param(_) => {}
            Binding::Unbound | Binding::With(_) => missing.push(*name),
            _ => return Err(error::plan::unmovable(source.place_of(body), name)),
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let Some(lambda) = &module.lambda else {
        let at = syntax::span(&source.expr()?.syntax().clone()).start;
        work.insert(source.path(), at, format!("{{{}, ...}}: ", missing.join(", ")), group);
        return Ok(());
    };
    let Some(ast::Param::Pattern(pattern)) = lambda.param() else {
        return Err(error::plan::unsupported_module(
            source.place_of(lambda.syntax()),
            "its function takes one argument instead of a set pattern",
        ));
    };
    extend(work, source, &pattern, &missing, group);
    Ok(())
}

/// Adds names to a pattern behind its last formal, in its own style.
fn extend(work: &mut Workset, source: &Source, pattern: &ast::Pattern, names: &[&str], group: GroupId) {
    let own = syntax::span(pattern.syntax());
    let mut formals: Vec<String> = pattern
        .pat_entries()
        .map(|entry| syntax::text_of(entry.syntax()))
        .collect();
    formals.extend(names.iter().map(|name| (*name).to_owned()));
    formals.extend(pattern.ellipsis_token().map(|token| token.text().to_owned()));
    if formals.len() > ON_ONE_LINE && is_tight(pattern.syntax()) {
        let (pad, unit) = (indent::of_line(source.text(), own.start), indent::unit(source.text()));
        // `...` is the last, behind which no comma may stand.
        let lines: Vec<String> = formals.iter().map(|formal| format!("\n{pad}{unit}{formal}")).collect();
        let end = if pattern.ellipsis_token().is_some() { "" } else { "," };
        work.replace(
            source.path(),
            own,
            format!("{{{}{end}\n{pad}}}", lines.join(",")),
            group,
        );
        return;
    }
    match pattern.pat_entries().last() {
        Some(entry) => {
            let at = syntax::span(entry.syntax()).end;
            let multi_line = source.text()[own].trim_start_matches('{').starts_with(['\n', '\r']);
            let separator = match multi_line {
                true => format!(",\n{}", indent::of_line(source.text(), at)),
                false => ", ".to_owned(),
            };
            let text: String = names.iter().map(|name| format!("{separator}{name}")).collect();
            work.insert(source.path(), at, text, group);
        }
        None => {
            let at = own.start + 1;
            let comma = if pattern.ellipsis_token().is_some() { ", " } else { "" };
            work.insert(source.path(), at, format!("{}{comma}", names.join(", ")), group);
        }
    }
}

/// Whether a pattern is on one line without space in its braces, as alejandra writes those that are short, and has names
/// alone in it.
fn is_tight(pattern: &SyntaxNode) -> bool {
    let text = syntax::text_of(pattern);
    let is_comment = |part: &SyntaxElement| part.as_token().is_some_and(syntax::is_comment);
    let is_bind = |node: &SyntaxNode| ast::PatBind::can_cast(node.kind());
    !text.starts_with("{ ")
        && !text.contains('\n')
        && !pattern.children_with_tokens().any(|part| is_comment(&part))
        && !pattern.children().any(|node| is_bind(&node))
}
