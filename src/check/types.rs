//! Option types and the fields of submodules: which values they take, and what nixpkgs calls the types
//! (`type.description`).

use std::collections::BTreeMap;

use super::statics::Static;

/// A type of an option, as far as it is one of those that values can be checked against without evaluation.
#[derive(Clone, Debug)]
pub enum Type {
    Bool,
    Str,
    /// Strings that several definitions make together; what joins them.
    Joined(&'static str),
    Int,
    /// An integer in a range, with the type's description.
    Between(i64, i64, &'static str),
    Float,
    Path,
    Enum(Vec<Static>),
    NullOr(Box<Type>),
    ListOf(Box<Type>),
    AttrsOf(Box<Type>),
    Either(Box<Type>, Box<Type>),
    Submodule(Box<Submodule>),
    /// Takes everything; the description.
    Any(&'static str),
    /// A type that is not known here.
    Other,
}

/// When a field has to be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Required {
    No,
    Always,
    /// With `strict` in the contract's options.
    Strict,
}

/// One field.
#[derive(Clone, Debug)]
pub struct Field {
    pub ty: Type,
    pub required: Required,
    /// The field that this one is another name of.
    pub other_name_of: Option<String>,
    pub read_only: bool,
    /// The default, where it is a plain value.
    pub default: Option<Static>,
    /// The example as text.
    pub example: Option<String>,
    /// The description.
    pub description: Option<String>,
}

/// The fields of a submodule.
#[derive(Clone, Debug, Default)]
pub struct Submodule {
    pub fields: BTreeMap<String, Field>,
    /// Whether other fields are accepted, or may be declared somewhere that was not understood.
    pub open: bool,
    /// What nixpkgs calls the type of the other fields that it takes.
    pub freeform: Option<String>,
}

/// What surrounding text a description fits into without parentheses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Noun,
    Conjunction,
    Composite,
    None,
}

impl Type {
    /// Whether the type takes the value; `None` where that is not known.
    pub fn takes(&self, value: &Static) -> Option<bool> {
        if value.is_unknown() {
            return match self {
                Type::Any(_) => Some(true),
                _ => None,
            };
        }
        match self {
            Type::Any(_) => Some(true),
            Type::Other => None,
            Type::Bool => Some(matches!(value, Static::Bool(_))),
            Type::Str | Type::Joined(_) => Some(matches!(value, Static::Str(_) | Static::Text)),
            Type::Int => Some(matches!(value, Static::Int(_))),
            Type::Between(low, high, _) => Some(matches!(value, Static::Int(n) if low <= n && n <= high)),
            Type::Float => Some(matches!(value, Static::Float(_))),
            Type::Path => match value {
                Static::Path(_) => Some(true),
                Static::Str(text) => Some(text.starts_with('/')),
                Static::Text | Static::SomeSet | Static::Set(_) => None,
                _ => Some(false),
            },
            Type::Enum(values) => value
                .show()
                .map(|shown| values.iter().any(|v| v.show().as_deref() == Some(&*shown))),
            Type::NullOr(inner) => match value {
                Static::Null => Some(true),
                other => inner.takes(other),
            },
            Type::ListOf(inner) => match value {
                Static::List(items) => all(items.iter().map(|item| inner.takes(item))),
                Static::SomeList => None,
                _ => Some(false),
            },
            Type::AttrsOf(inner) => match value {
                Static::Set(set) => all(set.values().map(|item| inner.takes(item))),
                Static::SomeSet => None,
                _ => Some(false),
            },
            Type::Either(a, b) => match (a.takes(value), b.takes(value)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            Type::Submodule(schema) => match value {
                Static::Set(set) => schema.takes(set),
                Static::SomeSet | Static::Function | Static::Path(_) => None,
                _ => Some(false),
            },
        }
    }

    /// Whether several definitions add up, so that they cannot contradict each other.
    pub fn merges(&self) -> bool {
        match self {
            Type::NullOr(inner) => inner.merges(),
            Type::Bool | Type::Str | Type::Int | Type::Between(..) | Type::Float | Type::Path | Type::Enum(_) => false,
            _ => true,
        }
    }

    /// What nixpkgs calls the type.
    pub fn description(&self) -> String {
        match self {
            Type::Bool => "boolean".into(),
            Type::Str => "string".into(),
            Type::Joined(with) => format!("strings concatenated with {with}"),
            Type::Int => "signed integer".into(),
            Type::Between(_, _, description) | Type::Any(description) => (*description).into(),
            Type::Float => "floating point number".into(),
            Type::Path => "absolute path".into(),
            Type::Enum(values) => {
                let shown: Vec<String> = values.iter().filter_map(Static::show).collect();
                match shown.as_slice() {
                    [] => "impossible (empty enum)".into(),
                    [one] => format!("value {one} (singular enum)"),
                    many => format!("one of {}", many.join(", ")),
                }
            }
            Type::NullOr(inner) => format!("null or {}", inner.phrase(&[Class::Noun, Class::Conjunction])),
            Type::ListOf(inner) => format!("list of {}", inner.phrase(&[Class::Noun, Class::Composite])),
            Type::AttrsOf(inner) => format!("attribute set of {}", inner.phrase(&[Class::Noun, Class::Composite])),
            Type::Either(a, b) => format!(
                "{} or {}",
                a.phrase(&[Class::Noun, Class::Conjunction]),
                b.phrase(&[Class::Noun, Class::Conjunction, Class::Composite])
            ),
            Type::Submodule(schema) => match &schema.freeform {
                Some(of) => format!("open submodule of {of}"),
                None => "submodule".into(),
            },
            Type::Other => "another type".into(),
        }
    }

    fn phrase(&self, plain: &[Class]) -> String {
        match plain.contains(&self.class()) {
            true => self.description(),
            false => format!("({})", self.description()),
        }
    }

    fn class(&self) -> Class {
        match self {
            Type::Enum(values) if values.len() > 1 => Class::Conjunction,
            Type::NullOr(_) | Type::Either(..) => Class::Conjunction,
            Type::ListOf(_) | Type::AttrsOf(_) => Class::Composite,
            Type::Submodule(_) | Type::Other => Class::None,
            _ => Class::Noun,
        }
    }
}

impl Submodule {
    /// Whether a submodule takes the set.
    pub fn takes(&self, set: &BTreeMap<String, Static>) -> Option<bool> {
        if !self.open && set.keys().any(|name| !self.fields.contains_key(name)) {
            return Some(false);
        }
        all(self.fields.iter().map(|(name, field)| match set.get(name) {
            Some(value) => field.ty.takes(value),
            None => Some(field.required != Required::Always),
        }))
    }

    /// The name that the field goes by in the schema: itself, or what it is another name of.
    pub fn canonical<'a>(&'a self, field: &'a str) -> &'a str {
        self.fields
            .get(field)
            .and_then(|f| f.other_name_of.as_deref())
            .unwrap_or(field)
    }

    /// The other name of a field.
    pub fn other_name(&self, field: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(_, f)| f.other_name_of.as_deref() == Some(field))
            .map(|(name, _)| name.as_str())
    }
}

/// Whether all are true; false as soon as one is false.
pub fn all(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut known = true;
    for answer in answers {
        match answer {
            Some(false) => return Some(false),
            None => known = false,
            Some(true) => {}
        }
    }
    known.then_some(true)
}
