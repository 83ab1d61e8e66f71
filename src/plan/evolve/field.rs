//! A field that is to be added: its name, type, default and values, as Nix source that was looked at.

use std::collections::BTreeMap;

use crate::error::{self, Result};
use crate::syntax::{self, AstNode, Source, ast};

/// Types that a field can have, by their names in nixpkgs' `lib.types`.
pub const TYPES: [&str; 18] = [
    "anything",
    "attrs",
    "attrsOf",
    "bool",
    "either",
    "enum",
    "float",
    "int",
    "lines",
    "listOf",
    "nonEmptyStr",
    "nullOr",
    "package",
    "path",
    "port",
    "singleLineStr",
    "str",
    "oneOf",
];

/// What a service has that says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Default {
    /// The field is required.
    Required,
    /// This value, as source.
    Value(String),
}

/// A new field.
#[derive(Clone, Debug)]
pub struct NewField {
    pub name: String,
    /// Its type as source, `types.` before each name.
    pub kind: String,
    pub default: Default,
    pub description: String,
    /// The value that every contract gets.
    pub value: Option<String>,
    /// Values of single services.
    pub values: BTreeMap<String, String>,
}

impl NewField {
    /// Whether every contract has to say it.
    pub fn is_required(&self) -> bool {
        self.default == Default::Required
    }
}

/// A type as a person writes it (`nullOr (listOf str)`), as source.
///
/// # Errors
/// `bad-type` for anything but types that are known and lists of literals.
pub fn kind(text: &str) -> Result<String> {
    let source = Source::new("<type>", text);
    let Ok(expr) = source.expr() else {
        return Err(error::evolve::bad_type(text, &TYPES));
    };
    let mut result = text.to_owned();
    let mut idents: Vec<ast::Ident> = expr.syntax().descendants().filter_map(ast::Ident::cast).collect();
    idents.reverse();
    for ident in idents {
        let name = syntax::ident_text(&ident);
        let parent = ident.syntax().parent();
        let selected = parent.is_some_and(|parent| ast::Attrpath::can_cast(parent.kind()));
        let prefixed = text[..syntax::span(ident.syntax()).start].ends_with("types.");
        match (name.as_str(), selected) {
            ("types" | "lib", false) => {}
            ("types", true) => {}
            (name, _) if !TYPES.contains(&name) => return Err(error::evolve::bad_type(name, &TYPES)),
            (_, true) if prefixed => {}
            _ => result.insert_str(syntax::span(ident.syntax()).start, "types."),
        }
    }
    Ok(result.trim().to_owned())
}

/// A value as source.
///
/// # Errors
/// `bad-value` for what does not parse.
///
/// `flag` is what it was given with, as far as the value.
pub fn value(flag: &str, text: &str) -> Result<String> {
    match Source::new("<value>", text).expr() {
        Ok(_) => Ok(text.trim().to_owned()),
        Err(_) => Err(error::evolve::bad_value(flag, text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_written_as_nixpkgs_has_them() {
        assert_eq!(kind("bool").unwrap(), "types.bool");
        assert_eq!(
            kind("nullOr (listOf str)").unwrap(),
            "types.nullOr (types.listOf types.str)"
        );
        assert_eq!(kind("enum [\"a\" \"str\"]").unwrap(), "types.enum [\"a\" \"str\"]");
        assert_eq!(kind("types.int").unwrap(), "types.int");
        assert_eq!(kind("text").unwrap_err().code(), "bad-type");
        assert_eq!(kind("listOf (").unwrap_err().code(), "bad-type");
    }

    #[test]
    fn values_are_expressions() {
        assert_eq!(value("--value ", " [1 2] ").unwrap(), "[1 2]");
        let error = value("--default ", "a = 1").unwrap_err();
        assert_eq!(error.code(), "bad-value");
        assert!(
            error.hints()[0].ends_with(r#"--default '"text"'"#),
            "{:?}",
            error.hints()
        );
    }
}
