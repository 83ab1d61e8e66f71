//! The arguments that a module's function takes.

use std::ops::Range;

use super::ops::Ops;
use crate::edit::{GroupId, indent};
use crate::error::{self, Result};
use crate::resolve::Module;
use crate::resolve::scope::{self, Binding};
use crate::syntax::{self, AstNode, Source, SyntaxElement, SyntaxKind, SyntaxNode, ast};

/// How many formals alejandra leaves on one line, `...` being one.
const ON_ONE_LINE: usize = 2;

/// Adds those of `names` that the module's function does not take yet; a module that is no function becomes one.
///
/// # Errors
/// `unsupported-module` for a function with one argument that is no set pattern; `unmovable` where a name is
/// bound to something else around the module's set.
pub fn add(work: &mut Ops, module: &Module, names: &[&str], group: GroupId) -> Result<()> {
    if let Some((range, text)) = edit(module, names)? {
        work.replace(module.source.path(), range, text, group);
    }
    Ok(())
}

/// The range to replace, and by what; `None` where the function takes all of them.
fn edit(module: &Module, names: &[&str]) -> Result<Option<(Range<usize>, String)>> {
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
        return Ok(None);
    }
    let Some(lambda) = &module.lambda else {
        let at = syntax::span(source.expr()?.syntax()).start;
        return Ok(Some((at..at, format!("{{{}, ...}}: ", missing.join(", ")))));
    };
    let Some(ast::Param::Pattern(pattern)) = lambda.param() else {
        return Err(error::plan::unsupported_module(
            source.place_of(lambda.syntax()),
            "its function takes one argument instead of a set pattern",
        ));
    };
    Ok(Some(extended(source, &pattern, &missing)))
}

/// A pattern with more names behind its last formal, in its own style.
fn extended(source: &Source, pattern: &ast::Pattern, names: &[&str]) -> (Range<usize>, String) {
    let own = syntax::span(pattern.syntax());
    let mut formals: Vec<String> = pattern
        .pat_entries()
        .map(|entry| syntax::text_of(entry.syntax()))
        .collect();
    formals.extend(names.iter().map(|name| (*name).to_owned()));
    formals.extend(pattern.ellipsis_token().map(|token| token.text().to_owned()));
    if formals.len() > ON_ONE_LINE && is_tight(pattern.syntax()) {
        let (pad, unit) = (indent::of_line(source.text(), own.start), indent::unit(source.text()));
        let lines: Vec<String> = formals.iter().map(|formal| format!("\n{pad}{unit}{formal}")).collect();
        // `...` is the last, behind which no comma may stand.
        let end = if pattern.ellipsis_token().is_some() { "" } else { "," };
        return (own, format!("{{{}{end}\n{pad}}}", lines.join(",")));
    }
    // A name for the whole argument may stand before the brace.
    let mut parts = pattern.syntax().children_with_tokens();
    let brace = parts.find(|part| part.kind() == SyntaxKind::TOKEN_L_BRACE);
    let brace = brace.map_or(own.start, |brace| brace.text_range().end().into());
    let Some(last) = pattern.pat_entries().last() else {
        let comma = if pattern.ellipsis_token().is_some() { ", " } else { "" };
        return (brace..brace, format!("{}{comma}", names.join(", ")));
    };
    let at = syntax::span(last.syntax()).end;
    let separator = match source.text()[brace..own.end].starts_with(['\n', '\r']) {
        true => format!(",\n{}", indent::of_line(source.text(), at)),
        false => ", ".to_owned(),
    };
    (at..at, names.iter().map(|name| format!("{separator}{name}")).collect())
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A module that takes `config` and `lib` as well.
    fn added(text: &str) -> String {
        let source = Source::new("m.nix", text);
        let module = Module::read(&source).expect("a module");
        let mut text = text.to_owned();
        if let Some((range, new)) = edit(&module, &["config", "lib"]).expect("can be extended") {
            text.replace_range(range, &new);
        }
        assert!(syntax::parses(&text), "{text}");
        text
    }

    #[test]
    fn arguments_are_added_in_the_style_of_the_pattern() {
        for (text, expected) in [
            ("{}", "{config, lib, ...}: {}"),
            ("{...}: {}", "{\n  config,\n  lib,\n  ...\n}: {}"),
            ("{lib, ...}: {}", "{\n  lib,\n  config,\n  ...\n}: {}"),
            ("{config}: {}", "{config, lib}: {}"),
            ("{ lib, ... }: {}", "{ lib, config, ... }: {}"),
            ("{\n\tlib,\n\t...\n}: {}", "{\n\tlib,\n\tconfig,\n\t...\n}: {}"),
            ("args @ {...}: {}", "args @ {config, lib, ...}: {}"),
            ("{...} @ args: {}", "{config, lib, ...} @ args: {}"),
            (
                "args @ {\n  lib,\n  ...\n}: {}",
                "args @ {\n  lib,\n  config,\n  ...\n}: {}",
            ),
            ("{ # x\n  lib, ... }: {}", "{ # x\n  lib, config, ... }: {}"),
            ("{lib, config, ...}: {}", "{lib, config, ...}: {}"),
        ] {
            assert_eq!(added(text), expected);
        }
    }
}
