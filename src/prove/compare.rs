//! The difference of two configurations, element by element.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::area::Area;
use super::configuration::{Configuration, SEPARATOR};
use super::difference::{Class, Difference, Order, option_path};
use super::namespaces::Namespaces;
use super::order;
use super::sentence;
use super::stub::Stubs;
use super::symbolic::{SYMBOLIC, without_digests};
use crate::error::prove as text;
use crate::rules::is_within;

/// Down to this depth a set is a set of options (`services.x`): there whether or not something defines it.
const OPTION_SETS: usize = 2;

/// A raw difference: class, path, before, after.
type Raw = (Class, Vec<String>, Option<Value>, Option<Value>);

/// Compares two configurations; what is nothing but a stub counts as absent.
pub fn compare(before: &Configuration, after: &Configuration, stubs: &Stubs, names: &Namespaces) -> Vec<Difference> {
    let bare = |side: &Configuration| {
        let strip = Strip {
            stubs,
            declared: &side.declared,
        };
        strip
            .value(&side.whole, &mut Vec::new())
            .unwrap_or_else(|| Value::Object(serde_json::Map::new()))
    };
    let mut found = differences(&bare(before), &bare(after), names);
    let repeated: Vec<Difference> = repeated(before, after, names)
        .filter(|more| found.iter().all(|known| !more.path.starts_with(&known.path)))
        .collect();
    found.extend(repeated);
    found
}

/// The texts that another number of definitions gives alike than before.
fn repeated<'a>(
    before: &'a Configuration,
    after: &'a Configuration,
    names: &'a Namespaces,
) -> impl Iterator<Item = Difference> + 'a {
    let count = |side: &Configuration, path: &Vec<String>| side.repeated.get(path).copied().unwrap_or(1);
    let paths: BTreeSet<&Vec<String>> = before.repeated.keys().chain(after.repeated.keys()).collect();
    paths.into_iter().filter_map(move |path| {
        let (old, new) = (count(before, path), count(after, path));
        (old != new).then(|| Difference {
            class: Class::Changed,
            area: Area::of(path, names),
            path: path.clone(),
            before: Some(Value::from(old)),
            after: Some(Value::from(new)),
            order: None,
            sentence: text::repeated(&option_path(path), old, new),
            inside: Vec::new(),
        })
    })
}

/// Compares two values from the root of the configuration.
pub fn differences(before: &Value, after: &Value, names: &Namespaces) -> Vec<Difference> {
    let mut raw = Vec::new();
    walk(&mut Vec::new(), before, after, names, &mut raw);
    raw.into_iter()
        .map(|(class, path, before, after)| difference(class, path, before, after, names))
        .collect()
}

fn difference(
    class: Class,
    path: Vec<String>,
    before: Option<Value>,
    after: Option<Value>,
    names: &Namespaces,
) -> Difference {
    let mut class = moved(class, &path, names);
    let area = Area::of(&path, names);
    let judged = match (class, &before, &after) {
        (Class::Reordered, Some(before), Some(after)) => Some(order::judge(&path, before, after, names)),
        _ => None,
    };
    let sentence = match &judged {
        Some(judged) => sentence::of_order(&path, judged),
        None => sentence::of(class, area, &path, before.as_ref(), after.as_ref(), names),
    };
    if judged.as_ref().is_some_and(|judged| judged.order == Order::Counts) {
        class = Class::Changed;
    }
    Difference {
        class,
        area,
        path,
        before,
        after,
        order: judged.map(|judged| judged.order),
        sentence,
        inside: Vec::new(),
    }
}

struct Strip<'a> {
    stubs: &'a Stubs,
    declared: &'a BTreeSet<Vec<String>>,
}

impl Strip<'_> {
    /// The value without stubs, and without sets that are there only to hold some.
    fn value(&self, value: &Value, path: &mut Vec<String>) -> Option<Value> {
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        if self.stubs.is_stub(&names, value) {
            return None;
        }
        let Value::Object(members) = value else {
            return Some(value.clone());
        };
        let mut kept = serde_json::Map::new();
        for (name, member) in members {
            path.push(name.clone());
            if let Some(member) = self.value(member, path) {
                kept.insert(name.clone(), member);
            }
            path.pop();
        }
        // `services.x` without a definition is what an option set is in NixOS: there, and empty.
        let option_set = path.len() <= OPTION_SETS;
        let only_stubs = !members.is_empty() && !self.declared.contains(path);
        (!kept.is_empty() || !(option_set || only_stubs)).then_some(Value::Object(kept))
    }
}

fn moved(class: Class, path: &[String], names: &Namespaces) -> Class {
    let emptied = class == Class::Lost && names.moves(path);
    if emptied || names.contract.iter().any(|space| is_within(path, space)) {
        Class::Moved
    } else {
        class
    }
}

fn walk(path: &mut Vec<String>, before: &Value, after: &Value, namespaces: &Namespaces, out: &mut Vec<Raw>) {
    if before == after {
        return;
    }
    match (before, after) {
        (Value::Object(a), Value::Object(b)) => {
            let names: BTreeMap<&String, ()> = a.keys().chain(b.keys()).map(|n| (n, ())).collect();
            for name in names.into_keys() {
                path.push(name.clone());
                let nothing = Value::Object(serde_json::Map::new());
                let option_set = |v: &Value| v.is_object() && path.len() <= OPTION_SETS;
                match (a.get(name), b.get(name)) {
                    (Some(x), Some(y)) => walk(path, x, y, namespaces, out),
                    (Some(x), None) if option_set(x) => walk(path, x, &nothing, namespaces, out),
                    (None, Some(y)) if option_set(y) => walk(path, &nothing, y, namespaces, out),
                    (Some(x), None) => out.push((Class::Lost, path.clone(), Some(x.clone()), None)),
                    (None, Some(y)) => out.push((Class::Gained, path.clone(), None, Some(y.clone()))),
                    (None, None) => {}
                }
                path.pop();
            }
        }
        (Value::Array(a), Value::Array(b)) => lists(path, [a, b], namespaces, out),
        (Value::String(a), Value::String(b)) if same_definitions(a, b) => {
            out.push((
                Class::Reordered,
                path.clone(),
                Some(before.clone()),
                Some(after.clone()),
            ));
        }
        _ => out.push((Class::Changed, path.clone(), Some(before.clone()), Some(after.clone()))),
    }
}

/// Whether two texts are joined from the same definitions.
fn same_definitions(a: &str, b: &str) -> bool {
    let sorted = |text: &str| {
        let mut parts: Vec<String> = text.split(SEPARATOR).map(str::to_owned).collect();
        parts.sort();
        parts
    };
    a.len() == b.len() && sorted(a) == sorted(b)
}

fn lists(path: &[String], [before, after]: [&[Value]; 2], names: &Namespaces, out: &mut Vec<Raw>) {
    let persistence = names.is_persistence(path);
    let same_element = |a: &Value, b: &Value| a == b || (persistence && order::is_same_entry(a, b));
    let identity = |value: &Value| identity(path, persistence, value);
    let mut lost: Vec<&Value> = before.iter().collect();
    let mut gained: Vec<&Value> = Vec::new();
    let mut kept: Vec<&Value> = Vec::new();
    for value in after {
        match lost.iter().position(|v| same_element(v, value)) {
            Some(at) => {
                lost.remove(at);
                kept.push(value);
            }
            None => gained.push(value),
        }
    }
    let mut gone = lost.clone();
    let stays = before
        .iter()
        .filter(|value| match gone.iter().position(|one| one == value) {
            Some(at) => {
                gone.remove(at);
                false
            }
            None => true,
        });
    let stays: Vec<&Value> = stays.collect();
    if !stays.iter().zip(&kept).all(|(a, b)| same_element(a, b)) {
        let list = |elements: &[&Value]| Some(Value::Array(elements.iter().map(|value| (*value).clone()).collect()));
        out.push((Class::Reordered, path.to_vec(), list(&stays), list(&kept)));
    }
    for value in lost {
        let twin = identity(value).and_then(|id| gained.iter().position(|g| identity(g) == Some(id.clone())));
        match twin {
            Some(at) => {
                let other = gained.remove(at);
                out.push((Class::Changed, path.to_vec(), Some(value.clone()), Some(other.clone())));
            }
            None => out.push((Class::Lost, path.to_vec(), Some(value.clone()), None)),
        }
    }
    for value in gained {
        out.push((Class::Gained, path.to_vec(), None, Some(value.clone())));
    }
}

/// What an element of a list is about, so that one that changes is not taken for one lost and one gained.
fn identity(path: &[String], persistence: bool, value: &Value) -> Option<String> {
    const KEYS: [&str; 8] = [
        "directory",
        "file",
        "path",
        "client_id",
        "domain",
        "name",
        "hostname",
        "command",
    ];
    match value {
        Value::String(text) if persistence => Some(text.clone()),
        // `d /var/lib/x 0750 user group -`: the kind of rule and the path
        Value::String(text) if path.iter().any(|p| p == "tmpfiles") => {
            let mut words = text.split_whitespace();
            Some(format!("{} {}", words.next()?, words.next()?))
        }
        // A generated file is the same one with another content.
        Value::String(text) if text.contains(SYMBOLIC) => Some(without_digests(text)),
        Value::Object(set) => KEYS.iter().find_map(|key| set.get(*key)?.as_str().map(str::to_owned)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::kind::StubKind;
    use super::*;

    fn side(whole: Value) -> Configuration {
        Configuration {
            whole,
            ..Configuration::default()
        }
    }

    fn classes(before: Value, after: Value) -> Vec<(Class, String)> {
        compare(&side(before), &side(after), &Stubs::default(), &Namespaces::default())
            .into_iter()
            .map(|d| (d.class, d.option()))
            .collect()
    }

    #[test]
    fn each_class() {
        assert_eq!(classes(json!({"a": {"b": 1}}), json!({"a": {"b": 1}})), []);
        assert_eq!(
            classes(json!({"a": {"b": {"c": 1}}}), json!({"a": {"b": {}}})),
            [(Class::Lost, "a.b.c".into())]
        );
        assert_eq!(
            classes(json!({"a": [1]}), json!({"a": [1, 2]})),
            [(Class::Gained, "a".into())]
        );
        assert_eq!(
            classes(json!({"a": [2, 1]}), json!({"a": [1, 2]})),
            [(Class::Changed, "a".into())],
            "a list is a sequence"
        );
        let groups = |groups: [&str; 2]| json!({"users": {"groups": {"g": {"members": groups}}}});
        assert_eq!(
            classes(groups(["a", "b"]), groups(["b", "a"])),
            [(Class::Reordered, "users.groups.g.members".into())]
        );
        assert_eq!(
            classes(json!({"a": 1}), json!({"a": "1"})),
            [(Class::Changed, "a".into())]
        );
    }

    #[test]
    fn an_element_that_changes_is_one_difference() {
        let before = json!({"environment": {"persistence": {"/p": {"directories": [{"directory": "/x", "mode": "0700"}, "/y"]}}}});
        let after = json!({"environment": {"persistence": {"/p": {"directories": [{"directory": "/y"}, {"directory": "/x", "mode": "0750"}]}}}});
        assert_eq!(
            classes(before, after),
            [(Class::Changed, "environment.persistence.\"/p\".directories".into())]
        );
    }

    #[test]
    fn the_order_of_what_stays_is_compared_beside_what_goes() {
        let list = |list: &[&str]| json!({"a": {"b": {"c": list}}});
        assert_eq!(
            classes(list(&["x", "y", "z"]), list(&["y", "x", "new"])),
            [
                (Class::Changed, "a.b.c".into()),
                (Class::Lost, "a.b.c".into()),
                (Class::Gained, "a.b.c".into()),
            ]
        );
        assert_eq!(
            classes(list(&["x", "y", "z"]), list(&["x", "new", "z"])),
            [(Class::Lost, "a.b.c".into()), (Class::Gained, "a.b.c".into())]
        );
    }

    #[test]
    fn definitions_of_a_text_have_an_order() {
        let text = |parts: [&str; 2]| json!({"a": {"b": {"c": parts.join(SEPARATOR)}}});
        assert_eq!(
            classes(text(["x\n", "y\n"]), text(["y\n", "x\n"])),
            [(Class::Changed, "a.b.c".into())]
        );
        assert_eq!(
            classes(text(["x\n", "y\n"]), text(["y\n", "z\n"])),
            [(Class::Changed, "a.b.c".into())]
        );
    }

    #[test]
    fn what_the_contract_takes_over_is_moved() {
        let before = json!({"qgroget": {"services": {"x": {"persistedData": ["/x"], "type": "private"}}}});
        let after = json!({"qgroget": {"serviceModules": {"x": {}}, "services": {"x": {"persistedData": [], "type": "public"}}}});
        assert_eq!(
            classes(before, after),
            [
                (Class::Moved, "qgroget.serviceModules.x".into()),
                (Class::Moved, "qgroget.services.x.persistedData".into()),
                (Class::Changed, "qgroget.services.x.type".into()),
            ]
        );
    }

    #[test]
    fn a_stub_is_no_value() {
        let mut stubs = Stubs::default();
        stubs.add(&["users", "u"].map(|p| Some(p.to_owned())), StubKind::String, false);
        let before = side(json!({"users": {"u": "/home"}}));
        let after = side(json!({"users": {"u": "<config.users.u>"}}));
        let found = compare(&before, &after, &stubs, &Namespaces::default());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].class, Class::Lost);
    }

    #[test]
    fn a_declared_set_that_holds_only_stubs_can_be_lost() {
        let mut stubs = Stubs::default();
        let path = ["sops", "secrets", "k", "path"];
        stubs.add(&path.map(|p| Some(p.to_owned())), StubKind::String, false);
        let after = side(json!({"sops": {"secrets": {"k": {"path": "<config.sops.secrets.k.path>"}}}}));
        let mut before = after.clone();
        before
            .declared
            .insert(path[..3].iter().map(|p| (*p).to_owned()).collect());
        let found = compare(&before, &after, &stubs, &Namespaces::default());
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].class, found[0].option()),
            (Class::Lost, "sops.secrets.k".into())
        );
    }
}
