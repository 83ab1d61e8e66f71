//! The schema in the file that declares it, among other options of the repository.

use std::path::Path;

use super::super::names::Names;
use super::super::schema;
use crate::edit::{indent, trivia};
use crate::error::{Error, Result};
use crate::plan::evolve::embedded_fields;
use crate::plan::evolve::schema::Schema;
use crate::plan::model::Context;
use crate::plan::removal;
use crate::resolve::scope;
use crate::rules::{Rules, parts};
use crate::syntax::{self, AstNode, HasEntry, Source, SyntaxNode, ast};

/// A file's text with the schema as it would be installed now in place of its own; `None` where it has none that is declared by
/// the same two bindings.
///
/// # Errors
/// An internal error where the embedded schema cannot be read.
pub fn replaced(rules: &Rules, names: &Names, text: &str) -> Result<Option<String>> {
    let own = Source::new("options.nix", schema::text(names)?);
    let source = Source::new("options.nix", text);
    let mut edits = Vec::new();
    for namespace in [&rules.namespaces.contract, &rules.namespaces.contract_options] {
        let path = parts(namespace);
        let (Some(new), Some(old)) = (binding(&own, &path), binding(&source, &path)) else {
            return Ok(None);
        };
        let range = trivia::extent(text, old.syntax()).text;
        edits.push((range, in_place(&own, &new, &source, &old)?));
    }
    edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    let mut text = text.to_owned();
    for (range, new) in edits {
        text.replace_range(range, &new);
    }
    Ok(Some(text))
}

/// The binding that declares an option or a set of options.
fn binding(source: &Source, path: &[&str]) -> Option<ast::AttrpathValue> {
    let declares = |binding: &ast::AttrpathValue| {
        let whole = syntax::whole_path(binding);
        let names: Vec<Option<&str>> = whole.iter().map(Option::as_deref).collect();
        let names = names.strip_prefix(&[Some("options")]);
        names.is_some_and(|names| names.iter().copied().eq(path.iter().map(|name| Some(*name))))
    };
    let mut bindings = source.root().descendants().filter_map(ast::AttrpathValue::cast);
    bindings.find(declares)
}

/// The text of `new` with its comments, laid out where `old` stands and with the path that is written there.
fn in_place(own: &Source, new: &ast::AttrpathValue, source: &Source, old: &ast::AttrpathValue) -> Result<String> {
    let unreadable = || Error::internal("a binding of the schema has no path");
    let (path, place) = (
        new.attrpath().ok_or_else(unreadable)?,
        old.attrpath().ok_or_else(unreadable)?,
    );
    let (whole, path) = (
        trivia::extent(own.text(), new.syntax()).text,
        syntax::span(path.syntax()),
    );
    let text = format!(
        "{{\n{}{}{}\n}}",
        &own.text()[whole.start..path.start],
        syntax::text_of(place.syntax()),
        &own.text()[path.end..whole.end]
    );
    let text = syntax::format(&text).ok_or_else(|| Error::internal("the schema's text does not parse"))?;
    let lines: Vec<&str> = text.lines().skip(1).collect();
    let lines = lines[..lines.len() - 1].join("\n");
    let lines = indent::dedent(&format!("\n{lines}"), "  ");
    let pad = indent::of_line(source.text(), syntax::span(old.syntax()).start);
    Ok(indent::indent(lines.trim_start_matches('\n'), pad)
        .trim_start()
        .to_owned())
}

/// The text of the schema's file without the fields that were added to the contract; `None` where its fields cannot be read.
pub fn without_additions(context: &Context, path: &Path) -> Option<String> {
    let schema = Schema::read(context)
        .ok()
        .filter(|schema| schema.source.path() == path)?;
    let own = embedded_fields();
    let is_added = |name: &str| !own.iter().any(|own| own == name);
    let mut gone: Vec<SyntaxNode> = Vec::new();
    for (name, binding) in schema.fields.iter().filter(|(name, _)| is_added(name)) {
        gone.push(binding.syntax().clone());
        let messages = schema.messages();
        let message = messages.iter().flat_map(HasEntry::attrpath_values);
        let of_it = message.filter(|message| scope::first_name(message).as_deref() == Some(name.as_str()));
        gone.extend(of_it.map(|message| message.syntax().clone()));
    }
    let mut ranges = removal::remove(schema.source, &gone).ranges;
    ranges.sort_by_key(|range| std::cmp::Reverse(range.start));
    let mut text = schema.source.text().to_string();
    ranges.into_iter().for_each(|range| text.replace_range(range, ""));
    Some(text)
}
