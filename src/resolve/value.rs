//! Values as far as the code alone tells them: known, or unknown because of something that has a place.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::error::Place;
use crate::syntax::ast;

/// A value that the code alone determines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    Null,
    Bool(bool),
    Int(i64),
    Str(String),
    /// A path in the repository, relative to its root.
    Path(PathBuf),
}

impl Known {
    /// As text where Nix's string interpolation or `toString` would give text; paths as they are relative to the root.
    pub fn text(&self) -> Option<String> {
        match self {
            Known::Str(text) => Some(text.clone()),
            Known::Int(number) => Some(number.to_string()),
            _ => None,
        }
    }
}

/// Why a value is not known.
#[derive(Clone, Debug)]
pub struct UnknownReason {
    /// The reason, as the end of "not known statically: …".
    pub reason: String,
    /// Where it lies.
    pub place: Place,
}

impl fmt::Display for UnknownReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.reason, self.place)
    }
}

/// The result of partial evaluation.
#[derive(Clone, Debug)]
pub enum Value {
    /// A plain value.
    Known(Known),
    /// A list, as the expressions of its elements.
    List(Vec<ast::Expr>),
    /// A set literal.
    Set(ast::AttrSet),
    /// `config.<path>`: an option's value.
    Option(Vec<String>),
    /// Not known.
    Unknown(UnknownReason),
}

/// A relative path without `.` and `..`; `None` if it leaves its root.
pub fn normalize(path: &Path) -> Option<PathBuf> {
    let mut result = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::Normal(name) => result.push(name),
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                if !result.pop() {
                    return None;
                }
            }
            _ => return None,
        }
    }
    Some(result)
}
