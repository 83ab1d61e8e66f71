//! What options are: followed to their definitions, or to their defaults.

use super::{DEPTH, Eval};
use crate::resolve::Model;
use crate::resolve::module::Def;
use crate::resolve::value::{Known, UnknownReason, Value};
use crate::syntax::{AstNode, SyntaxNode, ast};

impl Eval<'_> {
    /// The value of the option `path` as code at `reader` would read it.
    pub fn option_value(&self, path: &[&str], reader: &SyntaxNode) -> Value {
        let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
        self.option(&path, reader)
    }

    /// The value of an option from the one definition that counts, or its declared default.
    pub(super) fn option(&self, path: &[String], reader: &SyntaxNode) -> Value {
        if self.depth > DEPTH {
            return self.unknown(reader, "its definitions lead to each other without end");
        }
        let Some(model) = self.model else {
            return self.unknown(reader, format!("'{}' is read from the configuration", path.join(".")));
        };
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        if let Some((module, part)) = model.may_define(&names) {
            return Value::Unknown(part.why(module));
        }
        let mut candidates: Vec<(u8, Eval, &Def)> = Vec::new();
        for (module, def) in model.definitions(&names) {
            let at = Eval {
                module,
                depth: self.depth + 1,
                ..*self
            };
            match at.holds(&def.context.conditions) {
                Ok(true) => candidates.push((rank(def), at, def)),
                Ok(false) => {}
                Err(why) => return Value::Unknown(why),
            }
        }
        let Some(best) = candidates.iter().map(|c| c.0).min() else {
            return self.default(model, &names, reader);
        };
        candidates.retain(|c| c.0 == best);
        match candidates.as_slice() {
            [(_, at, def)] => at.definition(def),
            _ => self.unknown(reader, format!("'{}' has several definitions", path.join("."))),
        }
    }

    /// What a definition in this module says, with options followed to their definitions.
    pub fn definition(&self, def: &Def) -> Value {
        match (&def.value, &def.entry, def.path.last()) {
            (Some(value), ..) => self.force(value),
            (None, ast::Entry::Inherit(inherit), Some(Some(name))) => self.inherited(inherit, name),
            _ => self.unknown(def.entry.syntax(), "it is incomplete"),
        }
    }

    fn default(&self, model: &Model, names: &[&str], reader: &SyntaxNode) -> Value {
        let Some((module, declaration)) = model.declaration(names) else {
            return self.unknown(
                reader,
                format!("'{}' is defined outside this repository", names.join(".")),
            );
        };
        if declaration.is_enable() {
            return Value::Known(Known::Bool(false));
        }
        match declaration.argument("default") {
            Some(default) => Eval {
                module,
                depth: self.depth + 1,
                ..*self
            }
            .force(&default),
            None => self.unknown(
                reader,
                format!("'{}' has no definition and no default", names.join(".")),
            ),
        }
    }

    /// Whether all conditions are true; why it is not known otherwise.
    ///
    /// # Errors
    /// The first reason for which a condition's value is not known.
    pub fn holds(&self, conditions: &[ast::Expr]) -> Result<bool, UnknownReason> {
        for condition in conditions {
            match self.force(condition) {
                Value::Known(Known::Bool(true)) => {}
                Value::Known(Known::Bool(false)) => return Ok(false),
                Value::Unknown(why) => return Err(why),
                _ => {
                    return Err(UnknownReason {
                        reason: "the condition is computed".into(),
                        place: self.module.source.place_of(condition.syntax()),
                    });
                }
            }
        }
        Ok(true)
    }
}

/// Priority of a definition as nixpkgs orders them: the smaller wins.
pub fn rank(def: &Def) -> u8 {
    match def
        .context
        .priorities
        .iter()
        .find(|priority| !priority.is_order())
        .map(|priority| priority.function.as_str())
    {
        Some("mkForce" | "mkVMOverride" | "mkOverride") => 0,
        Some("mkDefault") => 2,
        Some("mkOptionDefault") => 3,
        _ => 1,
    }
}
