//! What services say in `dependsOn` of each other: none needs itself, by itself or by others, and none says a name twice.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::statics::Static;
use super::texts;
use super::{CheckContext, Finding, fault};
use crate::error::Place;

/// What each service names, as values and where they stand.
type Named<'n> = BTreeMap<&'n str, Vec<(Static, Place)>>;

/// Checks what the services name.
pub fn check(context: &CheckContext, named: &Named, found: &mut Vec<Finding>) {
    for (name, list) in named {
        let subject = context.subject(name);
        let at = |dependency: &str, index: usize| {
            let mut same = list.iter().filter(|(value, _)| value.as_str() == Some(dependency));
            same.nth(index).map(|(_, place)| place.clone())
        };
        if let Some(place) = at(name, 0) {
            let error = texts::depends_on_itself(subject, &shown(list, Some(name)));
            found.push(fault(name, error).at(Some(place)));
        }
        let names: BTreeSet<&str> = list.iter().filter_map(|(value, _)| value.as_str()).collect();
        for dependency in names {
            if let Some(place) = at(dependency, 1) {
                let error = texts::depends_twice(subject, dependency, &shown(list, None));
                found.push(fault(name, error).at(Some(place)));
            }
        }
        let Some(circle) = circle(named, name) else { continue };
        let last = circle[circle.len() - 1];
        let closing = named[last].iter().find(|(value, _)| value.as_str() == Some(name));
        let error = texts::depends_in_a_circle(&circle, context.subject(last), &shown(&named[last], Some(name)));
        found.push(fault(last, error).at(closing.map(|(_, place)| place.clone())));
    }
}

/// The list with each name once, and without one of them, as Nix.
fn shown(list: &[(Static, Place)], without: Option<&str>) -> String {
    let mut kept: Vec<Static> = Vec::new();
    for (value, _) in list {
        let same = |other: &Static| other.as_str().is_some() && other.as_str() == value.as_str();
        if !kept.iter().any(same) && (without.is_none() || value.as_str() != without) {
            kept.push(value.clone());
        }
    }
    Static::List(kept).show().unwrap_or_else(|| "…".to_owned())
}

/// The shortest circle of services whose first by name is `start`.
fn circle<'n>(named: &Named<'n>, start: &'n str) -> Option<Vec<&'n str>> {
    let needs = |name: &str| {
        let list = named.get(name).into_iter().flatten();
        list.filter_map(|(value, _)| value.as_str()).collect::<Vec<_>>()
    };
    let mut seen: BTreeSet<&str> = BTreeSet::from([start]);
    let mut open = VecDeque::from([vec![start]]);
    while let Some(path) = open.pop_front() {
        let needed = needs(path[path.len() - 1]);
        if path.len() > 1 && needed.contains(&start) {
            return Some(path);
        }
        for need in needed {
            if let Some((next, _)) = named.get_key_value(need).filter(|(next, _)| **next > start)
                && seen.insert(next)
            {
                open.push_back([&path[..], &[*next]].concat());
            }
        }
    }
    None
}
