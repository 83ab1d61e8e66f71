//! Stand-ins: what `config.<path>` is taken to be where a module reads it and only upstream would define it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::scan::Part;

/// The type of a stand-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// `"<config.a.b>"`
    String,
    /// The same as an absolute path.
    Path,
    /// A number that is derived from the path, so that two stand-ins differ.
    Int,
    /// `false`, the default of `mkEnableOption`.
    Bool,
    /// `[]`
    List,
    /// `{}`
    Set,
    /// A symbolic package.
    Package,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::String => "string",
            Kind::Path => "path",
            Kind::Int => "int",
            Kind::Bool => "bool",
            Kind::List => "list",
            Kind::Set => "set",
            Kind::Package => "package",
        }
    }
}

/// All stand-ins of a proof, one tree for both sides.
#[derive(Clone, Debug, Default)]
pub struct StandIns {
    root: Node,
}

#[derive(Clone, Debug, Default)]
struct Node {
    kind: Option<Kind>,
    children: BTreeMap<String, Node>,
    any: Option<Box<Node>>,
}

impl StandIns {
    /// Adds a stand-in; returns whether that changed anything. A kind that is there stays, unless `replace`.
    pub fn add(&mut self, path: &[Part], kind: Kind, replace: bool) -> bool {
        if path.is_empty() || path.iter().all(|p| *p == Part::Any) {
            return false;
        }
        let mut node = &mut self.root;
        for part in path {
            node = match part {
                Part::Name(name) => node.children.entry(name.clone()).or_default(),
                Part::Any => node.any.get_or_insert_default(),
            };
        }
        let changed = node.kind.is_none() || (replace && node.kind != Some(kind));
        if changed {
            node.kind = Some(kind);
        }
        changed
    }

    /// The kind of the stand-in at exactly this path.
    pub fn kind(&self, path: &[Part]) -> Option<Kind> {
        let mut node = &self.root;
        for part in path {
            node = match part {
                Part::Name(name) => node.children.get(name)?,
                Part::Any => node.any.as_deref()?,
            };
        }
        node.kind
    }

    /// The kind of the stand-in that covers a path of names.
    fn covering(&self, path: &[&str]) -> Option<Kind> {
        fn walk(node: &Node, path: &[&str]) -> Option<Kind> {
            let Some((first, rest)) = path.split_first() else {
                return node.kind;
            };
            let by_name = node.children.get(*first).and_then(|n| walk(n, rest));
            by_name.or_else(|| node.any.as_deref().and_then(|n| walk(n, rest)))
        }
        walk(&self.root, path)
    }

    /// Whether `value` at `path` is nothing but the stand-in.
    pub fn is_stand_in(&self, path: &[&str], value: &Value) -> bool {
        let Some(kind) = self.covering(path) else { return false };
        let place = path.join(".");
        match kind {
            Kind::String => value.as_str() == Some(&format!("<config.{place}>")),
            Kind::Path => value.as_str() == Some(&format!("/<config.{place}>")),
            Kind::Int => value.as_i64() == Some(number(&place)),
            Kind::Bool => value == &json!(false),
            Kind::List => value == &json!([]),
            Kind::Set => value == &json!({}),
            Kind::Package => value.as_str() == Some(&format!("/symbolic/config.{place}")),
        }
    }

    /// The path of the named stand-ins whose value is this number.
    pub fn with_number(&self, wanted: i64) -> Vec<Vec<Part>> {
        let mut found = Vec::new();
        self.each(|path, kind| {
            let names: Option<Vec<&str>> = path
                .iter()
                .map(|p| match p {
                    Part::Name(name) => Some(name.as_str()),
                    Part::Any => None,
                })
                .collect();
            if kind == Kind::Int && names.is_some_and(|n| number(&n.join(".")) == wanted) {
                found.push(path.to_vec());
            }
        });
        found
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        let mut count = 0;
        self.each(|_, _| count += 1);
        count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn each(&self, mut f: impl FnMut(&[Part], Kind)) {
        fn walk(node: &Node, path: &mut Vec<Part>, f: &mut impl FnMut(&[Part], Kind)) {
            if let Some(kind) = node.kind {
                f(path, kind);
            }
            for (name, child) in &node.children {
                path.push(Part::Name(name.clone()));
                walk(child, path, f);
                path.pop();
            }
            if let Some(child) = &node.any {
                path.push(Part::Any);
                walk(child, path, f);
                path.pop();
            }
        }
        walk(&self.root, &mut Vec::new(), &mut f);
    }

    /// The form that `loose.nix` reads.
    pub fn to_json(&self) -> Value {
        fn node(it: &Node) -> Value {
            let mut out = serde_json::Map::new();
            if let Some(kind) = it.kind {
                out.insert("value".to_owned(), json!(kind.name()));
            }
            let children: serde_json::Map<String, Value> = it
                .children
                .iter()
                .map(|(name, child)| (name.clone(), node(child)))
                .collect();
            out.insert("children".to_owned(), Value::Object(children));
            if let Some(any) = &it.any {
                out.insert("any".to_owned(), node(any));
            }
            Value::Object(out)
        }
        node(&self.root)
    }
}

/// The number that stands for `place`; `slice.nix` computes the same.
fn number(place: &str) -> i64 {
    let digest = Sha256::digest(place.as_bytes());
    50_000 + (i64::from(digest[0]) << 4) + (i64::from(digest[1]) >> 4)
}

/// A dotted path from `qgroget.toml` or an error message; quotes keep a name with dots together.
pub fn dotted(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut name = String::new();
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '.' if !quoted => parts.push(std::mem::take(&mut name)),
            other => name.push(other),
        }
    }
    parts.push(name);
    parts
        .into_iter()
        .map(|p| if p == "*" { Part::Any } else { Part::Name(p) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stand_in_is_known_by_its_own_place() {
        let mut all = StandIns::default();
        assert!(all.add(&dotted("users.users.x.uid"), Kind::Int, false));
        assert!(all.add(&dotted("sops.secrets.*.path"), Kind::String, false));
        assert!(!all.add(&dotted("users.users.x.uid"), Kind::String, false));
        assert!(all.is_stand_in(
            &["sops", "secrets", "a/b", "path"],
            &json!("<config.sops.secrets.a/b.path>")
        ));
        assert!(!all.is_stand_in(&["sops", "secrets", "a/b", "path"], &json!("/run/x")));
        let number = number("users.users.x.uid");
        assert!(all.is_stand_in(&["users", "users", "x", "uid"], &json!(number)));
        assert_eq!(all.with_number(number), [dotted("users.users.x.uid")]);
        assert!(all.add(&dotted("users.users.x.uid"), Kind::String, true));
        assert_eq!(all.len(), 2);
    }

    #[test]
    fn quotes_keep_dots() {
        assert_eq!(
            dotted("a.\"b.c\".*"),
            [Part::Name("a".into()), Part::Name("b.c".into()), Part::Any]
        );
    }
}
