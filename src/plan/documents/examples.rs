//! Nix in documents, with the names that a repository has.

use super::Facts;
use crate::error::Result;
use crate::plan::install::names::Names;
use crate::plan::removal;
use crate::resolve::Module;
use crate::rules::{ContractField, Rules, parts};
use crate::syntax::{self, AstNode, Source, SyntaxNode, ast};

/// A block of Nix with the repository's names for options, and for the legacy pattern's fields.
///
/// # Errors
/// An internal error where the result would not parse.
pub fn fitted(code: &str, facts: &Facts, names: &Names) -> Result<String> {
    let renamed = with_legacy_fields(code, facts)?;
    names.code(&with_domain(&renamed, facts))
}

/// The domain as the repository writes it, which may be any expression.
pub fn with_domain(text: &str, facts: &Facts) -> String {
    text.replace("config.qgroget.server.domain", &facts.rules.values.domain)
}

/// The block with the repository's names for legacy fields. A field that the repository does not have is left out.
fn with_legacy_fields(code: &str, facts: &Facts) -> Result<String> {
    let source = Source::new("example.nix", code);
    let (Some(module), defaults) = (Module::read(&source), Rules::new(None)?) else {
        return Ok(code.to_owned());
    };
    let tables = [
        (&defaults.namespaces.services, &defaults.fields, &facts.fields),
        (&defaults.namespaces.backups, &defaults.backup_fields, &facts.jobs),
    ];
    let mut edits = Vec::new();
    let mut gone: Vec<SyntaxNode> = Vec::new();
    for (namespace, fields, own) in tables {
        let prefix = parts(namespace);
        let at = prefix.len() + 1;
        for def in module.under(&prefix).filter(|def| def.path.len() > at) {
            let Some(field) = def.name(at).and_then(|name| fields.get(name)) else {
                continue;
            };
            match (own_name(field, own), attribute_of(&def.entry, def.path.len(), at)) {
                (Some(name), Some(attr)) => edits.push((syntax::span(&attr), syntax::attr_text(name))),
                (None, _) => gone.push(def.entry.syntax().clone()),
                (Some(_), None) => {}
            }
        }
    }
    edits.extend(
        removal::remove(&source, &gone)
            .ranges
            .into_iter()
            .map(|range| (range, String::new())),
    );
    edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    let mut text = code.to_owned();
    edits
        .into_iter()
        .for_each(|(range, new)| text.replace_range(range, &new));
    Ok(text)
}

/// What the repository calls the field.
fn own_name<'f>(field: &ContractField, own: &'f [(String, ContractField)]) -> Option<&'f str> {
    own.iter()
        .find(|(_, known)| known == field)
        .map(|(name, _)| name.as_str())
}

/// The attribute that is part `at` of a definition's path, if the definition's own binding has it.
fn attribute_of(entry: &ast::Entry, length: usize, at: usize) -> Option<SyntaxNode> {
    let ast::Entry::AttrpathValue(binding) = entry else {
        return None;
    };
    let attrs: Vec<ast::Attr> = binding.attrpath()?.attrs().collect();
    let first = length.checked_sub(attrs.len())?;
    attrs.get(at.checked_sub(first)?).map(|attr| attr.syntax().clone())
}
