//! One line for each difference, in a person's words.

use serde_json::Value;

use super::area::Area;
use super::configuration::SEPARATOR;
use super::difference::{Class, Judgement, Order, option_path};
use super::namespaces::Namespaces;
use super::symbolic::named;
use crate::rules::ContractField;

/// The most of a value that a sentence shows.
const SHOWN: usize = 120;

/// The line for one difference.
pub fn of(
    class: Class,
    area: Area,
    path: &[String],
    before: Option<&Value>,
    after: Option<&Value>,
    names: &Namespaces,
) -> String {
    let option = option_path(path);
    let value = after.or(before);
    let field = names.of_service(path);
    match (class, area) {
        (Class::Moved, _) if class_is_removal(before, after) => {
            format!("{option}: no longer declared here; compared where it takes effect")
        }
        (Class::Moved, _) => format!("{option}: stands in the contract now"),
        // An order is judged before it is said, by `of_order`.
        (Class::Reordered, _) => format!("{option}: the same elements in another order"),
        (Class::Lost | Class::Gained, Area::Persistence) => match value.and_then(place) {
            Some(place) if field.is_some() => format!("{place} is {} persisted ({option})", adverb(class)),
            Some(place) => format!("{place} is {} persisted", adverb(class)),
            None => plain(class, &option, before, after),
        },
        (Class::Lost | Class::Gained, Area::Backups) => backup(class, path, &option, before, after, names),
        (Class::Lost | Class::Gained, _) if path.ends_with(&["tls".to_owned(), "options".to_owned()]) => {
            let router = path.get(path.len().saturating_sub(3)).map_or("?", String::as_str);
            let verb = if class == Class::Lost { "no longer" } else { "now" };
            format!(
                "{option}: the router {router} {verb} has the TLS options {}",
                shown(value)
            )
        }
        (Class::Changed, Area::Routes) if field == Some(Some(&ContractField::Type)) => {
            let what = match after.and_then(Value::as_str) {
                Some("public") => "anyone can reach it now",
                Some("private") => "only clients with a certificate can reach it now",
                _ => "who may reach it changes",
            };
            format!("{option}: {} → {}: {what}", shown(before), shown(after))
        }
        (Class::Lost | Class::Gained, Area::Ports) if option.contains("firewall") => {
            let verb = if class == Class::Lost { "closed" } else { "open" };
            format!("the firewall is now {verb} for {} ({option})", shown(value))
        }
        (Class::Changed, _) if path.last().is_some_and(|f| f == "enable") => {
            let thing = option_path(&path[..path.len() - 1]);
            match after {
                Some(Value::Bool(false)) => format!("{thing} is no longer enabled"),
                Some(Value::Bool(true)) => format!("{thing} is now enabled"),
                _ => plain(class, &option, before, after),
            }
        }
        (Class::Changed, _) => changed(&option, before, after),
        _ => plain(class, &option, before, after),
    }
}

/// The line for the same elements in another order.
pub fn of_order(path: &[String], judged: &Judgement) -> String {
    let option = option_path(path);
    let reason = judged
        .reason
        .as_deref()
        .map_or(String::new(), |reason| format!(": {reason}"));
    match judged.order {
        Order::Counts => format!("{option}: the same elements in another order, which counts here{reason}"),
        Order::Nothing | Order::Told => format!("{option}: the same elements in another order{reason}"),
    }
}

fn class_is_removal(before: Option<&Value>, after: Option<&Value>) -> bool {
    before.is_some() && after.is_none()
}

fn adverb(class: Class) -> &'static str {
    if class == Class::Lost { "no longer" } else { "now" }
}

fn backup(
    class: Class,
    path: &[String],
    option: &str,
    before: Option<&Value>,
    after: Option<&Value>,
    names: &Namespaces,
) -> String {
    let value = after.or(before);
    let legacy = names.of_job(path);
    let job = match legacy {
        Some((job, _)) => job,
        None => path.get(3).map_or("?", String::as_str),
    };
    let field = match legacy {
        Some((_, field)) => field.cloned(),
        None if path.last().is_some_and(|last| last == "paths") => Some(ContractField::BackupPaths),
        None => None,
    };
    match (field, value) {
        (Some(ContractField::BackupPaths), Some(Value::String(place))) => {
            let tool = match legacy {
                Some(_) => String::new(),
                None => format!(", {}", path[..3.min(path.len())].join(".")),
            };
            format!("{place} is {} backed up (job {job}{tool})", adverb(class))
        }
        (Some(ContractField::BackupUnits), Some(Value::String(unit))) => {
            format!("{unit} is {} stopped for the backup (job {job})", adverb(class))
        }
        _ if path.len() == names.backups.split('.').count() + 1 && legacy.is_some() => match class {
            Class::Lost => format!("the backup job {job} is gone"),
            _ => format!("there is a backup job {job} now"),
        },
        _ => plain(class, option, before, after),
    }
}

/// A change of one field of an element is said by its field.
fn changed(option: &str, before: Option<&Value>, after: Option<&Value>) -> String {
    if let (Some(Value::Object(a)), Some(Value::Object(b))) = (before, after) {
        let of = before.and_then(place).map_or_else(|| option.to_owned(), str::to_owned);
        let fields: Vec<String> = a
            .keys()
            .chain(b.keys().filter(|k| !a.contains_key(*k)))
            .filter(|k| a.get(*k) != b.get(*k))
            .map(|k| format!("{k} {} → {}", shown(a.get(k)), shown(b.get(k))))
            .collect();
        return format!("{of}: {} ({option})", fields.join(", "));
    }
    if let (Some(Value::String(a)), Some(Value::String(b))) = (before, after) {
        let (a, b) = (without_mark(a), without_mark(b));
        if let Some(said) = lines(&a, &b) {
            return format!("{option}: {said}");
        }
    }
    match (shown(before), shown(after)) {
        (a, b) if a == b => {
            let text = |value: Option<&Value>| value.map_or_else(String::new, |value| without_mark(&value.to_string()));
            let (a, b) = parted(&text(before), &text(after));
            format!("{option}: {a} → {b}")
        }
        (a, b) => format!("{option}: {a} → {b}"),
    }
}

/// What differs between the lines of two texts; `None` where both are one line, or the same.
fn lines(a: &str, b: &str) -> Option<String> {
    if !(a.contains('\n') || b.contains('\n')) {
        return None;
    }
    let (a, b): (Vec<&str>, Vec<&str>) = (a.lines().collect(), b.lines().collect());
    let ops = similar::capture_diff_slices(similar::Algorithm::Myers, &a, &b);
    let said = |line: &str| cut(&named(line.trim()));
    let of = |first: &str, number: usize| match number {
        1 => first.to_owned(),
        more => format!("{first} (and {} more)", more - 1),
    };
    let ops: Vec<similar::DiffOp> = ops
        .into_iter()
        .filter(|op| op.tag() != similar::DiffTag::Equal)
        .collect();
    let (first, others) = ops.split_first()?;
    let (old, new) = (first.old_range(), first.new_range());
    let line = match first.tag() {
        similar::DiffTag::Insert => format!("line {} is new: {}", new.start + 1, said(b[new.start])),
        similar::DiffTag::Delete => format!("line {} is gone: {}", old.start + 1, said(a[old.start])),
        _ => {
            let (from, to) = parted(a[old.start].trim(), b[new.start].trim());
            format!("line {}: {from} → {to}", old.start + 1)
        }
    };
    let lines = |op: &similar::DiffOp| op.old_range().len().max(op.new_range().len());
    Some(of(&line, lines(first) + others.iter().map(lines).sum::<usize>()))
}

fn plain(class: Class, option: &str, before: Option<&Value>, after: Option<&Value>) -> String {
    match class {
        Class::Lost => format!("{option}: {} is gone", shown_named(before)),
        Class::Gained => format!("{option}: {} is new", shown_named(after)),
        _ => format!("{option}: {} → {}", shown(before), shown(after)),
    }
}

/// The path that a persisted entry is about.
fn place(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) if text.starts_with('/') => Some(text),
        Value::Object(set) => ["directory", "file", "path"].iter().find_map(|k| set.get(*k)?.as_str()),
        _ => None,
    }
}

/// Two texts that differ, each in short; where that is the same of both, from a little before they differ.
fn parted(a: &str, b: &str) -> (String, String) {
    const BEFORE: usize = 20;
    let (short_a, short_b) = (cut(&named(a)), cut(&named(b)));
    if short_a != short_b {
        return (short_a, short_b);
    }
    let same = a.chars().zip(b.chars()).take_while(|(x, y)| x == y).count();
    let from = same.saturating_sub(BEFORE);
    let rest = |text: &str| {
        let rest: String = text.chars().skip(from).collect();
        let lead = if from > 0 { "…" } else { "" };
        cut(&format!("{lead}{rest}"))
    };
    (rest(a), rest(b))
}

/// A value in one line.
pub fn shown(value: Option<&Value>) -> String {
    shown_by(value, str::to_owned)
}

/// The same with names in place of symbolic paths.
fn shown_named(value: Option<&Value>) -> String {
    shown_by(value, named)
}

fn shown_by(value: Option<&Value>, text: fn(&str) -> String) -> String {
    match value {
        None => "(absent)".to_owned(),
        Some(Value::String(said)) => cut(&format!("\"{}\"", text(&without_mark(said).replace('\n', "⏎")))),
        Some(other) => cut(&text(&without_mark(&other.to_string()))),
    }
}

/// A text without the mark between its definitions.
pub fn without_mark(text: &str) -> String {
    text.replace(SEPARATOR, "\n")
}

fn cut(text: &str) -> String {
    if text.chars().count() <= SHOWN {
        return text.to_owned();
    }
    let head: String = text.chars().take(SHOWN).collect();
    format!("{head}…")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::compare::differences;
    use super::*;

    fn sentences(before: Value, after: Value) -> Vec<String> {
        differences(&before, &after, &Namespaces::default())
            .into_iter()
            .map(|d| d.sentence)
            .collect()
    }

    #[test]
    fn sentences_are_about_things() {
        let persisted = |list: Value| json!({"environment": {"persistence": {"/p": {"directories": list}}}});
        assert_eq!(
            sentences(persisted(json!(["/x"])), persisted(json!([]))),
            ["/x is no longer persisted"]
        );
        assert_eq!(
            sentences(
                persisted(json!([{"directory": "/x", "user": "a"}])),
                persisted(json!([{"directory": "/x", "user": "b"}]))
            ),
            ["/x: user \"a\" → \"b\" (environment.persistence.\"/p\".directories)"]
        );
        let job = |paths: Value| json!({"qgroget": {"backups": {"arr": {"paths": paths}}}});
        assert_eq!(
            sentences(job(json!([])), job(json!(["/x"]))),
            ["/x is now backed up (job arr)"]
        );
        let kind = |kind: &str| json!({"qgroget": {"services": {"x": {"type": kind}}}});
        assert_eq!(
            sentences(kind("private"), kind("public")),
            ["qgroget.services.x.type: \"private\" → \"public\": anyone can reach it now"]
        );
        assert_eq!(
            sentences(
                json!({"a": {"b": {"c": "x\ny\n"}}}),
                json!({"a": {"b": {"c": "x\nz\n"}}})
            ),
            ["a.b.c: line 2: y → z"]
        );
        let text = |text: &str| json!({"a": {"b": {"c": text}}});
        for (before, after, said) in [
            ("x\nz\n", "x\ny\nz\n", "line 2 is new: y"),
            ("x\nz\n", "v\nx\ny\nz\n", "line 1 is new: v (and 1 more)"),
            ("x\ny\nz\n", "x\nz\n", "line 2 is gone: y"),
            ("x\n", "", "line 1 is gone: x"),
            ("x\ny\n", "v\nx\nz\n", "line 1 is new: v (and 1 more)"),
            ("x\ny\n", "x\nz\nv\n", "line 2: y → z (and 1 more)"),
            (
                "x\n",
                "x\n/symbolic/pkgs.writeText-0123456789abcdef-1111111111111111/bin/y --z\n",
                "line 2 is new: <pkgs.writeText>/bin/y --z",
            ),
        ] {
            assert_eq!(sentences(text(before), text(after)), [format!("a.b.c: {said}")]);
        }
        let long = |end: &str| "a".repeat(SHOWN + 10) + end;
        let said = sentences(text(&long("b")), text(&long("c"))).remove(0);
        assert!(
            said.contains("aab") && said.contains("aac"),
            "both sides in short are the same: {said}"
        );
    }
    #[test]
    fn a_field_is_known_by_whatever_name_the_repository_has_for_it() {
        let own =
            "[fields]\nvisibility = \"type\"\nstate = \"persistedData\"\n[backup-fields]\nwhat = \"backupPaths\"\n";
        let rules = crate::rules::Rules::new(Some((std::path::Path::new("qgroget.toml"), own))).unwrap();
        let names = Namespaces::of(&rules);
        let said = |before: Value, after: Value| -> Vec<String> {
            let found = differences(&json!({"qgroget": before}), &json!({"qgroget": after}), &names);
            found.into_iter().map(|difference| difference.sentence).collect()
        };
        let service = |field: &str, value: Value| json!({"services": {"x": {field: value}}});
        assert_eq!(
            said(
                service("visibility", json!("private")),
                service("visibility", json!("public"))
            ),
            ["qgroget.services.x.visibility: \"private\" → \"public\": anyone can reach it now"]
        );
        assert_eq!(
            said(service("state", json!([])), service("state", json!(["/x"]))),
            ["/x is now persisted (qgroget.services.x.state)"]
        );
        let job = |paths: Value| json!({"backups": {"arr": {"what": paths}}});
        assert_eq!(
            said(job(json!([])), job(json!(["/x"]))),
            ["/x is now backed up (job arr)"]
        );
    }
}
