//! Stubs: what `config.<path>` is taken to be where a module reads it and only upstream would define it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::kind::StubKind;
use crate::resolve::reads::OptionPath;

/// All stubs of a proof, one tree for both sides.
#[derive(Clone, Debug, Default)]
pub struct Stubs {
    root: Node,
    /// What switches are taken to be.
    on: bool,
}

#[derive(Clone, Debug, Default)]
struct Node {
    kind: Option<StubKind>,
    children: BTreeMap<String, Node>,
    any: Option<Box<Node>>,
}

impl Stubs {
    /// Adds a stub; returns whether that changed anything. A kind that is there stays, unless `replace`.
    pub fn add(&mut self, path: &[Option<String>], kind: StubKind, replace: bool) -> bool {
        if path.is_empty() || path.iter().all(|p| p.is_none()) {
            return false;
        }
        let mut node = &mut self.root;
        for part in path {
            node = match part {
                Some(name) => node.children.entry(name.clone()).or_default(),
                None => node.any.get_or_insert_default(),
            };
        }
        let changed = node.kind.is_none() || (replace && node.kind != Some(kind));
        if changed {
            node.kind = Some(kind);
        }
        changed
    }

    /// The kind of the stub at exactly this path.
    pub fn kind(&self, path: &[Option<String>]) -> Option<StubKind> {
        let mut node = &self.root;
        for part in path {
            node = match part {
                Some(name) => node.children.get(name)?,
                None => node.any.as_deref()?,
            };
        }
        node.kind
    }

    /// The kind of the stub that covers a path of names.
    fn covering(&self, path: &[&str]) -> Option<StubKind> {
        fn walk(node: &Node, path: &[&str]) -> Option<StubKind> {
            let Some((first, rest)) = path.split_first() else {
                return node.kind;
            };
            let by_name = node.children.get(*first).and_then(|n| walk(n, rest));
            by_name.or_else(|| node.any.as_deref().and_then(|n| walk(n, rest)))
        }
        walk(&self.root, path)
    }

    /// Whether `value` at `path` is nothing but the stub.
    pub fn is_stub(&self, path: &[&str], value: &Value) -> bool {
        let Some(kind) = self.covering(path) else { return false };
        let place = path.join(".");
        match kind {
            StubKind::String => value.as_str() == Some(&format!("<config.{place}>")),
            StubKind::Path => value.as_str() == Some(&format!("/<config.{place}>")),
            StubKind::Int => value.as_i64() == Some(number(&place)),
            StubKind::Bool => value == &json!(self.on),
            StubKind::List => value == &json!([]),
            StubKind::Set => value == &json!({}),
            StubKind::Package => value.as_str() == Some(&format!("/symbolic/config.{place}")),
        }
    }

    /// Has the stubs of switches be on.
    pub fn turn_on(&mut self) {
        self.on = true;
    }

    /// What switches are taken to be.
    pub fn switches_on(&self) -> bool {
        self.on
    }

    /// The path of the named stubs whose value is this number.
    pub fn with_number(&self, wanted: i64) -> Vec<OptionPath> {
        let mut found = Vec::new();
        self.each(|path, kind| {
            let names: Option<Vec<&str>> = path.iter().map(Option::as_deref).collect();
            if kind == StubKind::Int && names.is_some_and(|n| number(&n.join(".")) == wanted) {
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

    fn each(&self, mut f: impl FnMut(&[Option<String>], StubKind)) {
        fn walk(node: &Node, path: &mut OptionPath, f: &mut impl FnMut(&[Option<String>], StubKind)) {
            if let Some(kind) = node.kind {
                f(path, kind);
            }
            for (name, child) in &node.children {
                path.push(Some(name.clone()));
                walk(child, path, f);
                path.pop();
            }
            if let Some(child) = &node.any {
                path.push(None);
                walk(child, path, f);
                path.pop();
            }
        }
        walk(&self.root, &mut OptionPath::new(), &mut f);
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
pub fn dotted(text: &str) -> OptionPath {
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
    parts.into_iter().map(|p| (p != "*").then_some(p)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stub_is_known_by_its_own_place() {
        let mut all = Stubs::default();
        assert!(all.add(&dotted("users.users.x.uid"), StubKind::Int, false));
        assert!(all.add(&dotted("sops.secrets.*.path"), StubKind::String, false));
        assert!(!all.add(&dotted("users.users.x.uid"), StubKind::String, false));
        assert!(all.is_stub(
            &["sops", "secrets", "a/b", "path"],
            &json!("<config.sops.secrets.a/b.path>")
        ));
        assert!(!all.is_stub(&["sops", "secrets", "a/b", "path"], &json!("/run/x")));
        let number = number("users.users.x.uid");
        assert!(all.is_stub(&["users", "users", "x", "uid"], &json!(number)));
        assert_eq!(all.with_number(number), [dotted("users.users.x.uid")]);
        assert!(all.add(&dotted("users.users.x.uid"), StubKind::String, true));
        assert_eq!(all.len(), 2);
    }

    #[test]
    fn quotes_keep_dots() {
        assert_eq!(
            dotted("a.\"b.c\".*"),
            [Some("a".to_owned()), Some("b.c".to_owned()), None]
        );
    }
}
