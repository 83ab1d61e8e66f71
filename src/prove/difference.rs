//! One difference between two configurations.

use serde::Serialize;
use serde_json::Value;

use super::area::Area;

/// What happened to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// The configuration had it and has it no more.
    Lost,
    /// It is another one.
    Changed,
    /// The configuration has it now and had it not.
    Gained,
    /// The same elements in another order.
    Reordered,
    /// It stands in the contract now; where it takes effect it is compared as well.
    Moved,
}

impl Class {
    /// All of them, the most serious first.
    pub const ALL: [Class; 5] = [
        Class::Lost,
        Class::Changed,
        Class::Gained,
        Class::Reordered,
        Class::Moved,
    ];

    /// The word for people.
    pub fn name(self) -> &'static str {
        match self {
            Class::Lost => "lost",
            Class::Changed => "changed",
            Class::Gained => "gained",
            Class::Reordered => "reordered",
            Class::Moved => "moved",
        }
    }
}

/// What it means that a list has the same elements in another order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Nothing: the list is a set.
    Nothing,
    /// Little, or nothing between those that changed places; a person is told.
    Told,
    /// Another configuration.
    Counts,
}

/// What another order means, with the reason where a person should know it.
pub struct Judgement {
    pub order: Order,
    pub reason: Option<String>,
}

impl Judgement {
    /// One with a reason.
    pub fn new(order: Order, reason: &str) -> Judgement {
        Judgement {
            order,
            reason: Some(reason.to_owned()),
        }
    }
}

/// One difference.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// What happened.
    pub class: Class,
    /// What it is about.
    pub area: Area,
    /// The option's path.
    pub path: Vec<String>,
    /// The value before, unless it was absent.
    pub before: Option<Value>,
    /// The value after, unless it is absent.
    pub after: Option<Value>,
    /// What it means, where nothing but the order of elements differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// One line for a person.
    pub sentence: String,
    /// Where a value names a generated file: what differs in its content.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inside: Vec<Difference>,
}

impl Difference {
    /// Two systems that differ where nothing that can be observed does.
    pub fn of_the_system([before, after]: &[String; 2]) -> Difference {
        Difference {
            class: Class::Changed,
            area: Area::Other,
            path: ["system", "build", "toplevel"].map(str::to_owned).to_vec(),
            before: Some(Value::String(before.clone())),
            after: Some(Value::String(after.clone())),
            order: None,
            sentence: "the system's derivation is another one; no option that is compared says why".to_owned(),
            inside: Vec::new(),
        }
    }

    /// The path as it is written in Nix.
    pub fn option(&self) -> String {
        option_path(&self.path)
    }
}

/// A path as it is written in Nix: names that are no identifiers stand in quotes.
pub fn option_path(path: &[String]) -> String {
    let quoted: Vec<String> = path
        .iter()
        .map(|name| {
            let plain = name.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
                && name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '\''));
            if plain { name.clone() } else { format!("\"{name}\"") }
        })
        .collect();
    quoted.join(".")
}
