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

/// Drops the formals that only what goes (`gone`, byte ranges) has used, where the function takes any others too; `strictly`
/// those as well that nothing has used before. `added` are the texts that are put in, which may use them.
pub fn drop_unused(
    work: &mut Ops,
    module: &Module,
    gone: &[Range<usize>],
    added: &[&str],
    strictly: bool,
    group: GroupId,
) {
    if let Some((range, text)) = without_unused(module, gone, added, strictly) {
        work.replace(module.source.path(), range, text, group);
    }
}

/// The range of the formals, and what stands there without the unused ones; `None` where all of them stay.
fn without_unused(
    module: &Module,
    gone: &[Range<usize>],
    added: &[&str],
    strictly: bool,
) -> Option<(Range<usize>, String)> {
    let pattern = open_pattern(module)?;
    let root = module.source.root();
    let is_gone = |node: &SyntaxNode| gone.iter().any(|range| syntax::covers(range, &syntax::span(node)));
    let is_added = |name: &str| {
        let words = added
            .iter()
            .flat_map(|text| text.split(|c: char| !(c.is_alphanumeric() || "_-'".contains(c))));
        words.into_iter().any(|word| word == name)
    };
    let is_unused = |entry: &ast::PatEntry| {
        let Some(name) = entry.ident().map(|ident| syntax::ident_text(&ident)) else {
            return false;
        };
        let uses = syntax::uses_of(&root, &name);
        (strictly || !uses.is_empty()) && uses.iter().all(is_gone) && !is_added(&name)
    };
    let (unused, used): (Vec<_>, Vec<_>) = pattern.pat_entries().partition(is_unused);
    if unused.is_empty() || !syntax::comments(pattern.syntax()).is_empty() {
        return None;
    }
    let own = syntax::span(pattern.syntax());
    let mut formals: Vec<String> = used.iter().map(|entry| syntax::text_of(entry.syntax())).collect();
    formals.push("...".to_owned());
    let is_tall = formals.len() > ON_ONE_LINE && syntax::text_of(pattern.syntax()).contains('\n');
    let text = match is_tall {
        true => {
            let (pad, unit) = (
                indent::of_line(module.source.text(), own.start),
                indent::unit(module.source.text()),
            );
            format!("{{\n{pad}{unit}{}\n{pad}}}", formals.join(&format!(",\n{pad}{unit}")))
        }
        false if is_tight(pattern.syntax()) => format!("{{{}}}", formals.join(", ")),
        false => format!("{{ {} }}", formals.join(", ")),
    };
    Some((own, text))
}

/// Lets the module's function take `names`, and no more what nothing in the module uses; a module that is no function becomes
/// one.
///
/// # Errors
/// As [`add`].
pub fn fit(work: &mut Ops, module: &Module, names: &[&str], group: GroupId) -> Result<()> {
    if let Some((range, text)) = fitted(module, names)? {
        work.replace(module.source.path(), range, text, group);
    }
    Ok(())
}

/// The range to replace, and by what; `None` where the function takes what it has to.
fn fitted(module: &Module, names: &[&str]) -> Result<Option<(Range<usize>, String)>> {
    let dropped = unused(module, names);
    let pattern = module.lambda.as_ref().and_then(ast::Lambda::param);
    let (Some(ast::Param::Pattern(pattern)), false) = (pattern, dropped.is_empty()) else {
        return edit(module, names);
    };
    let own = syntax::span(pattern.syntax());
    let mut text = module.source.text().to_string();
    for range in dropped.into_iter().rev() {
        text.replace_range(range, "");
    }
    // What is added is put beside what is left.
    let rest = Source::new(module.source.path(), text.as_str());
    let Some(rest) = Module::read(&rest) else {
        return edit(module, names);
    };
    if let Some((range, new)) = edit(&rest, names)? {
        text.replace_range(range, &new);
    }
    let behind = module.source.text().len() - own.end;
    let pattern = text[own.start..text.len() - behind].to_owned();
    Ok(Some((own, pattern)))
}

/// The formals of a module's function from which one can go: without an ellipsis the function's caller has to give exactly
/// these, and a name for all of them gives any.
pub fn open_pattern(module: &Module) -> Option<ast::Pattern> {
    match module.lambda.as_ref()?.param()? {
        ast::Param::Pattern(pattern) if pattern.ellipsis_token().is_some() && pattern.pat_bind().is_none() => {
            Some(pattern)
        }
        _ => None,
    }
}

/// The arguments that nothing in the module uses, up to the next one each. What is commented on somebody has thought about.
fn unused(module: &Module, names: &[&str]) -> Vec<Range<usize>> {
    let (Some(pattern), Some(lambda)) = (open_pattern(module), &module.lambda) else {
        return Vec::new();
    };
    if !syntax::comments(pattern.syntax()).is_empty() {
        return Vec::new();
    }
    let is_unused = |entry: &ast::PatEntry| {
        let name = entry.ident().map(|ident| syntax::ident_text(&ident));
        let name = name.filter(|name| !names.contains(&name.as_str()) && entry.default().is_none());
        name.is_some_and(|name| syntax::uses_of(lambda.syntax(), &name).is_empty())
    };
    let entries = pattern.pat_entries().filter(is_unused);
    entries.map(|entry| with_comma(&entry)).collect()
}

/// An argument up to the next one.
pub fn with_comma(entry: &ast::PatEntry) -> Range<usize> {
    let start = syntax::span(entry.syntax()).start;
    let mut end = syntax::span(entry.syntax()).end;
    let mut at = entry.syntax().next_sibling_or_token();
    while let Some(element) = at {
        let Some(token) = element.as_token().filter(|token| !syntax::is_comment(token)) else {
            break;
        };
        if !syntax::is_whitespace(token) && token.text() != "," {
            break;
        }
        end = syntax::token_span(token).end;
        at = element.next_sibling_or_token();
    }
    start..end
}

/// The range to replace, and by what, to add `names`; `None` where the function takes all of them.
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
        if let Some((range, new)) = fitted(&module, &["config", "lib"]).expect("can be fitted") {
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

    #[test]
    fn arguments_go_that_only_what_goes_has_used() {
        for (text, added, expected) in [
            (
                "{lib, pkgs, ...}: {a = lib.x; gone = pkgs.y;}",
                "",
                Some("{lib, ...}: {a = lib.x; gone = pkgs.y;}"),
            ),
            ("{ pkgs, ... }: {gone = pkgs.y;}", "", Some("{ ... }: {gone = pkgs.y;}")),
            (
                "{\n  a,\n  b,\n  c,\n  ...\n}: {x = a; y = b; gone = c;}",
                "",
                Some("{\n  a,\n  b,\n  ...\n}: {x = a; y = b; gone = c;}"),
            ),
            // Somebody else calls it with just these.
            ("{lib, pkgs}: {gone = pkgs.y;}", "", None),
            // What nothing has used is not ours.
            ("{lib, ...}: {gone = 1;}", "", None),
            (
                "{pkgs, ...}: {gone = pkgs.y;}",
                "import ./common.nix {inherit pkgs;}",
                None,
            ),
            ("args @ {pkgs, ...}: {gone = pkgs.y;}", "", None),
            ("{pkgs /* for y */, ...}: {gone = pkgs.y;}", "", None),
        ] {
            let source = Source::new("m.nix", text);
            let module = Module::read(&source).expect("a module");
            let at = text.find("gone").unwrap();
            let gone = at..at + text[at..].find(';').unwrap();
            let found = without_unused(&module, &[gone], &[added], false).map(|(range, new)| {
                let mut text = text.to_owned();
                text.replace_range(range, &new);
                text
            });
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn an_argument_that_nothing_uses_is_no_longer_taken() {
        for (text, expected) in [
            ("{lib, pkgs, ...}: {}", "{\n  lib,\n  config,\n  ...\n}: {}"),
            (
                "{\n  config,\n  pkgs,\n  ...\n}: {}",
                "{\n  config,\n  lib,\n  ...\n}: {}",
            ),
            ("{ config\n, pkgs\n, lib\n, ...\n}: {}", "{ config\n, lib\n, ...\n}: {}"),
            ("{pkgs, inputs, ...}: {}", "{\n  config,\n  lib,\n  ...\n}: {}"),
            (
                "{config, lib, pkgs, ...}: {a.pkgs = 1;}",
                "{config, lib, ...}: {a.pkgs = 1;}",
            ),
        ] {
            assert_eq!(added(text), expected);
        }
    }

    #[test]
    fn an_argument_stays_where_it_is_used_or_where_the_list_counts() {
        for text in [
            "{config, lib, pkgs}: {}",
            "{config, lib, pkgs, ...} @ args: {}",
            "{config, lib, pkgs, # for later\n ...}: {}",
            "{config, lib, pkgs ? null, ...}: {}",
            "{config, lib, pkgs, ...}: {a = pkgs.b;}",
            "{config, lib, pkgs, ...}: {inherit pkgs;}",
            "{config, lib, pkgs, ...}: {a = with pkgs; [b];}",
            "{config, lib, pkgs, hello ? pkgs.hello, ...}: {}",
        ] {
            assert_eq!(added(text), text);
        }
    }
}
