//! What differs inside of generated files: a value that names one shows only that its content is another one.

use serde_json::Value;

use super::area::Area;
use super::compare::differences;
use super::configuration::{Configuration, THROWS};
use super::difference::{Class, Difference};
use super::namespaces::Namespaces;
use super::slice::SliceSession;
use super::symbolic::changed_digests;

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
                    // A text that stands alone has no name of its own.
                    let said = first.sentence.strip_prefix("content: ").unwrap_or(&first.sentence);
                    difference.sentence = format!("{}: in the generated file, {said}{rest}", difference.option());
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
