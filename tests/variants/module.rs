//! The same module, put together in other ways.

use qgroget::syntax::{self, AstNode as _, HasEntry as _, ast};

use super::text::{Edit, edited, entries, head, parse, with_lib};

/// Attributes of a module that are no configuration.
const STRUCTURAL: [&str; 4] = ["imports", "options", "disabledModules", "config"];

fn first_name(entry: &syntax::SyntaxNode) -> Option<String> {
    let path = ast::AttrpathValue::cast(entry.clone())?.attrpath()?;
    syntax::attr_name(&path.attrs().next()?)
}

/// The value of the module's `config`, where it has one.
fn config(text: &str) -> Option<ast::Expr> {
    let module = head(&parse(text))?;
    let found = module
        .set
        .attrpath_values()
        .find(|value| value.attrpath().is_some_and(|path| path.syntax().text() == "config"));
    found?.value()
}

/// The module with its configuration below `config`, whose value is put between `before` and `after`.
fn explicit(text: &str, before: &str, after: &str) -> Option<String> {
    if let Some(value) = config(text) {
        let span = syntax::span(value.syntax());
        return Some(edited(
            text,
            vec![
                (span.start..span.start, before.to_owned()),
                (span.end..span.end, after.to_owned()),
            ],
        ));
    }
    let module = head(&parse(text))?;
    let inner = entries(&module.set);
    let structural =
        |entry: &&syntax::SyntaxNode| first_name(entry).is_some_and(|name| STRUCTURAL.contains(&name.as_str()));
    let before_all = inner.iter().take_while(structural).count();
    if inner.iter().skip(before_all).any(|entry| structural(&entry)) || before_all == inner.len() {
        return None;
    }
    let start = match before_all.checked_sub(1) {
        Some(last) => syntax::span(&inner[last]).end,
        None => syntax::span(module.set.syntax()).start + 1,
    };
    let end = syntax::span(module.set.syntax()).end - 1;
    Some(edited(
        text,
        vec![
            (start..start, format!("\n  config = {before}{{")),
            (end..end, format!("}}{after};\n")),
        ],
    ))
}

fn or_same(text: &str, new: Option<String>) -> String {
    new.unwrap_or_else(|| text.to_owned())
}

/// `config = { … }` around a module that had none.
pub fn config_in(text: &str) -> String {
    match config(text) {
        Some(_) => text.to_owned(),
        None => or_same(text, explicit(text, "", "")),
    }
}

/// No `config`, where it is a set and there are no options.
pub fn config_out(text: &str) -> String {
    let out = || {
        let module = head(&parse(text))?;
        let Some(ast::Expr::AttrSet(set)) = config(text) else {
            return None;
        };
        let binding = set.syntax().parent()?;
        let plain = binding.parent().as_ref() == Some(module.set.syntax())
            && !entries(&module.set)
                .iter()
                .any(|entry| first_name(entry).as_deref() == Some("options"));
        let (whole, inner) = (syntax::span(&binding), syntax::span(set.syntax()));
        plain.then(|| {
            edited(
                text,
                vec![
                    (whole.start..inner.start + 1, String::new()),
                    (inner.end - 1..whole.end, String::new()),
                ],
            )
        })
    };
    or_same(text, out())
}

pub fn config_merged(text: &str) -> String {
    let with_lib = with_lib(text).and_then(|(text, lib)| explicit(&text, &format!("{lib}mkMerge [("), ")]"));
    or_same(text, with_lib)
}

pub fn config_if_true(text: &str) -> String {
    let with_lib = with_lib(text).and_then(|(text, lib)| explicit(&text, &format!("{lib}mkIf true ("), ")"));
    or_same(text, with_lib)
}

pub fn config_in_parentheses(text: &str) -> String {
    or_same(text, explicit(text, "(", ")"))
}

pub fn config_in_let(text: &str) -> String {
    or_same(text, explicit(text, "let unrelated = 1; in ", ""))
}

/// The configuration in two parts under one `mkMerge`.
pub fn config_in_halves(text: &str) -> String {
    let halves = || {
        let (text, lib) = with_lib(text)?;
        let text = match config(&text) {
            Some(_) => text,
            None => explicit(&text, "", "")?,
        };
        let Some(ast::Expr::AttrSet(set)) = config(&text) else {
            return None;
        };
        let inner = entries(&set);
        let middle = inner.get(1).and(inner.get((inner.len() - 1) / 2))?;
        let (whole, at) = (syntax::span(set.syntax()), syntax::span(middle).end);
        Some(edited(
            &text,
            vec![
                (whole.start..whole.start, format!("{lib}mkMerge [")),
                (at..at, "} {".to_owned()),
                (whole.end..whole.end, "]".to_owned()),
            ],
        ))
    };
    or_same(text, halves())
}

/// The condition of `config = mkIf c { … }` on each definition.
fn condition_pushed(text: &str, inner_most: bool) -> Option<String> {
    let value = config(text)?;
    let mut arguments = syntax::call_of(&value, "mkIf", 2)?;
    let (Some(ast::Expr::AttrSet(set)), Some(condition)) = (arguments.pop(), arguments.pop()) else {
        return None;
    };
    let span = syntax::span(value.syntax());
    let inner = syntax::span(set.syntax());
    let call = text[span.start..inner.start].trim_end();
    let _ = condition;
    // Nix puts `a = { … }; a.b = …;` together where the first is a set literal, and only then.
    let paths = set.attrpath_values().filter_map(|entry| entry.attrpath());
    let paths: Vec<String> = paths.map(|path| format!("{}.", path.syntax().text())).collect();
    let split = paths.iter().enumerate().any(|(n, path)| {
        paths
            .iter()
            .enumerate()
            .any(|(other, longer)| n != other && longer.starts_with(path.as_str()))
    });
    if split && !inner_most {
        return None;
    }
    let mut edits: Vec<Edit> = vec![(span.start..inner.start, String::new())];
    for entry in set.attrpath_values() {
        let mut targets = vec![entry.value()?];
        // Only options of their own take conditions, which a service's fields are.
        let path = entry.attrpath()?.syntax().text().to_string();
        let is_entry = path.starts_with("qgroget.services.") || path.starts_with("qgroget.backups.");
        let is_entry = is_entry && path.matches('.').count() == 2;
        if inner_most
            && is_entry
            && let ast::Expr::AttrSet(set) = &targets[0]
        {
            let fields: Vec<ast::Expr> = set.attrpath_values().filter_map(|value| value.value()).collect();
            if fields.len() == set.entries().count() && !fields.is_empty() {
                targets = fields;
            }
        }
        for target in targets {
            let span = syntax::span(target.syntax());
            edits.push((span.start..span.start, format!("{call} (")));
            edits.push((span.end..span.end, ")".to_owned()));
        }
    }
    Some(edited(text, edits))
}

pub fn condition_on_definitions(text: &str) -> String {
    or_same(text, condition_pushed(text, false))
}

pub fn condition_on_fields(text: &str) -> String {
    or_same(text, condition_pushed(text, true))
}

/// A part of the module's function changed: its pattern and its body.
fn function(text: &str, change: impl Fn(&ast::Pattern, &ast::Expr) -> Option<Vec<Edit>>) -> String {
    let changed = || {
        let pattern = head(&parse(text))?.pattern?;
        let body = pattern.syntax().parent().and_then(ast::Lambda::cast)?.body()?;
        Some(edited(text, change(&pattern, &body)?))
    };
    or_same(text, changed())
}

/// `args@{ … }:`.
pub fn named_arguments_before(text: &str) -> String {
    function(text, |pattern, _| {
        let at = syntax::span(pattern.syntax()).start;
        Some(vec![(at..at, "args@".to_owned())])
    })
}

/// `{ … } @ args:`.
pub fn named_arguments_after(text: &str) -> String {
    function(text, |pattern, _| {
        let at = syntax::span(pattern.syntax()).end;
        Some(vec![(at..at, " @ args".to_owned())])
    })
}

/// Arguments in reverse order.
pub fn reversed_arguments(text: &str) -> String {
    function(text, |pattern, _| {
        let names: Vec<syntax::SyntaxNode> = pattern.pat_entries().map(|entry| entry.syntax().clone()).collect();
        let texts = names.iter().rev().map(|name| name.text().to_string());
        Some(names.iter().map(syntax::span).zip(texts).collect())
    })
}

/// A `let` right after the arguments, around what there was.
pub fn let_around(text: &str) -> String {
    function(text, |_, body| {
        let at = syntax::span(body.syntax()).start;
        Some(vec![(at..at, "let unrelated = 1; in ".to_owned())])
    })
}

/// Parentheses around the module's body.
pub fn parentheses_around(text: &str) -> String {
    function(text, |_, body| {
        let span = syntax::span(body.syntax());
        Some(vec![
            (span.start..span.start, "(".to_owned()),
            (span.end..span.end, ")".to_owned()),
        ])
    })
}

/// `assert true;` before the module's body.
pub fn assertion_around(text: &str) -> String {
    function(text, |_, body| {
        let at = syntax::span(body.syntax()).start;
        Some(vec![(at..at, "assert true; ".to_owned())])
    })
}
