//! What differs inside of generated files: a value that names one shows only that its content is another one.

use std::collections::BTreeMap;

use serde_json::Value;

use super::area::Area;
use super::compare::{DIGEST, SYMBOLIC, differences};
use super::configuration::{Configuration, THROWS};
use super::difference::{Class, Difference};
use super::namespaces::Namespaces;
use super::slice::SliceSession;

/// Generated files that name generated files are followed this far.
const DEPTH: usize = 4;
/// Evaluations that are spent on the reasons for values that cannot be evaluated.
const REASONS: usize = 3;

/// Adds to each difference what is inside of the files that it names, and why values cannot be evaluated.
pub fn explain(found: &mut [Difference], session: &SliceSession, names: &Namespaces) {
    if found
        .iter()
        .any(|d| both(d).is_some_and(|(a, b)| !changed_digests(a, b).is_empty()))
    {
        // Without the contents the differences stand as they are: the verdict does not depend on them.
        if let Ok([before, after]) = session.expose() {
            for difference in found.iter_mut() {
                difference.inside = inside(difference, &before, &after, names, DEPTH);
                if let Some(first) = difference.inside.first() {
                    // Traefik's dynamic configuration, whatever the unit that it is written by.
                    let routes = ["http", "tcp", "udp", "tls"];
                    if difference
                        .inside
                        .iter()
                        .all(|d| d.path.first().is_some_and(|p| routes.contains(&p.as_str())))
                    {
                        difference.area = Area::Routes;
                    }
                    let more = difference.inside.len() - 1;
                    let rest = if more == 0 {
                        String::new()
                    } else {
                        format!(" (and {more} more)")
                    };
                    difference.sentence = format!(
                        "{}: in the generated file, {}{rest}",
                        difference.option(),
                        first.sentence
                    );
                }
            }
        }
    }
    let mut asked = 0;
    for difference in found.iter_mut().filter(|d| d.class == Class::Changed) {
        let throws = |value: &Option<Value>| value.as_ref().and_then(Value::as_str) == Some(THROWS);
        let side = if throws(&difference.after) { 1 } else { 0 };
        if asked == REASONS || !(throws(&difference.after) || throws(&difference.before)) {
            continue;
        }
        asked += 1;
        if let Some(why) = session.why(side, &difference.path) {
            let when = if side == 1 {
                "cannot be evaluated any more"
            } else {
                "could not be evaluated before"
            };
            difference.sentence = format!("{} {when}: {}", difference.option(), why.replace('\n', " "));
        }
    }
}

fn both(difference: &Difference) -> Option<(&str, &str)> {
    Some((
        difference.before.as_ref()?.as_str()?,
        difference.after.as_ref()?.as_str()?,
    ))
}

fn inside(
    difference: &Difference,
    before: &Configuration,
    after: &Configuration,
    names: &Namespaces,
    depth: usize,
) -> Vec<Difference> {
    let Some((a, b)) = both(difference) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (from, to) in changed_digests(a, b) {
        if let (Some(from), Some(to)) = (before.generated.get(&from), after.generated.get(&to)) {
            found.extend(within(from, to, difference.area, before, after, names, depth));
        }
    }
    found
}

fn within(
    from: &Value,
    to: &Value,
    area: Area,
    before: &Configuration,
    after: &Configuration,
    names: &Namespaces,
    depth: usize,
) -> Vec<Difference> {
    // Differences are of members: a text stands alone.
    let wrap = |value: &Value| match value {
        Value::Object(_) => value.clone(),
        other => Value::Object([("content".to_owned(), other.clone())].into_iter().collect()),
    };
    let mut found = differences(&wrap(from), &wrap(to), names);
    for difference in &mut found {
        difference.area = area;
        if depth > 0 {
            difference.inside = inside(difference, before, after, names, depth - 1);
            if let Some(first) = difference.inside.first() {
                difference.sentence = first.sentence.clone();
            }
        }
    }
    found
}

/// Digests that stand at the same place of two texts and differ.
fn changed_digests(a: &str, b: &str) -> Vec<(String, String)> {
    let (left, right) = (references(a), references(b));
    let mut pairs = BTreeMap::new();
    if left.len() == right.len() {
        for (from, to) in left.iter().zip(&right) {
            let (from, to) = (digests(from), digests(to));
            if from.len() == to.len() {
                pairs.extend(from.into_iter().zip(to).filter(|(x, y)| x != y));
            }
        }
    }
    pairs.into_iter().collect()
}

/// The symbolic paths in a text.
fn references(text: &str) -> Vec<&str> {
    text.match_indices(SYMBOLIC)
        .map(|(at, _)| {
            let rest = &text[at..];
            let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ':' | ';' | ',' | ')'));
            &rest[..end.unwrap_or(rest.len())]
        })
        .collect()
}

/// The digests in a symbolic path.
fn digests(reference: &str) -> Vec<String> {
    reference
        .split(['-', '/', '.'])
        .filter(|part| part.len() == DIGEST && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_paired_by_place() {
        let (a, b) = (
            "x /symbolic/pkgs.writeText-0123456789abcdef-1111111111111111/bin",
            "x /symbolic/pkgs.writeText-0123456789abcdef-2222222222222222/bin",
        );
        assert_eq!(
            changed_digests(a, b),
            [("1111111111111111".to_owned(), "2222222222222222".to_owned())]
        );
        assert!(changed_digests(a, a).is_empty());
        assert!(changed_digests(a, "nothing").is_empty());
    }
}
