//! What a failed evaluation says about the stand-in that it misses.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::facts::Facts;
use super::nix::{headline, positions};
use super::scan::{Chain, Part, Source};
use super::sources::Sources;
use super::standin::{Kind, dotted};

/// Something to try in the next round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lesson {
    /// A stand-in, or another type for one.
    StandIn {
        /// The option's path.
        path: Vec<Part>,
        /// Its type.
        kind: Kind,
        /// Whether it takes the place of another type.
        replace: bool,
    },
    /// A name that symbols must have.
    Name(String),
    /// A file of a flake input.
    File(PathBuf),
    /// Conditions refer to each other: sets must be lazier.
    Recursion,
    /// Fewer functions may be called.
    Functions,
}

/// Whether a message may be about a value that only upstream's modules would provide.
pub fn may_be_a_missing_value(headline: &str) -> bool {
    (headline.starts_with("attribute '") && !headline.contains(" already defined"))
        || headline.contains(" was expected")
        || headline.starts_with("expected ")
        || headline.starts_with("cannot coerce")
        || headline.starts_with("cannot compare")
        || headline.contains("is not of type")
}

/// What to try, best first.
pub(super) fn lessons(message: &str, root: &Path, sources: &Sources, depot: &Path, facts: &Facts) -> Vec<Lesson> {
    let head = headline(message);
    let mut lessons = Vec::new();
    let trace = Trace::new(message, root, sources);
    if let Some(name) = between(&head, "attribute '", "' missing") {
        missing(name, &trace, &mut lessons);
    } else if let Some(name) = between(&head, "undefined variable '", "'") {
        undefined(name, &trace, &mut lessons);
    } else if let Some(path) = missing_file(&head) {
        if let Ok(relative) = Path::new(path).strip_prefix(depot) {
            lessons.push(Lesson::File(relative.to_owned()));
        }
    } else if head.contains("infinite recursion") || head.contains("stack overflow") {
        lessons.push(Lesson::Recursion);
    } else if let Some(kind) = wanted(&head) {
        retype(&head, kind, found(&head), &trace, facts, &mut lessons);
        if head.starts_with("cannot coerce an integer") {
            // `x + 1` asks for a text as soon as x is one.
            retype(&head, Kind::Int, &[Kind::String], &trace, facts, &mut lessons);
        }
    }
    if facts.apply > 0 {
        lessons.push(Lesson::Functions);
    }
    lessons
}

/// Selections of the repository that a trace leads to, innermost first, with the offset it points at.
struct Trace<'a> {
    steps: Vec<(&'a Source, usize)>,
}

impl<'a> Trace<'a> {
    fn new(message: &str, root: &Path, sources: &'a Sources) -> Trace<'a> {
        let mut steps = Vec::new();
        let mut seen = BTreeSet::new();
        for (file, line, column) in positions(message) {
            let Ok(relative) = file.strip_prefix(root) else {
                continue;
            };
            if !seen.insert((file.clone(), line, column)) {
                continue;
            }
            let source = sources.files.get(relative);
            steps.extend(source.and_then(|source| Some((source, source.offset(line, column)?))));
        }
        Trace { steps }
    }
}

/// `attribute 'x' missing`: the selection at the error's place reads it.
fn missing(name: &str, trace: &Trace, lessons: &mut Vec<Lesson>) {
    for (source, offset) in trace.steps.iter().take(1) {
        let mut here: Vec<&Chain> = source
            .chains
            .iter()
            .filter(|c| c.start <= *offset && *offset <= c.end)
            .collect();
        here.sort_by_key(|c| c.end - c.start);
        for chain in here {
            for path in source.resolve(&chain.root, &chain.parts, "config") {
                if let Some(at) = position(&path, name) {
                    let mut path = path;
                    path[at] = Part::Name(name.to_owned());
                    lessons.push(Lesson::StandIn {
                        path,
                        kind: chain.kind,
                        replace: false,
                    });
                }
            }
        }
    }
    lessons.push(Lesson::Name(name.to_owned()));
}

/// The component that is this name, or that may become it.
fn position(path: &[Part], name: &str) -> Option<usize> {
    path.iter()
        .rposition(|p| matches!(p, Part::Name(n) if n == name))
        .or_else(|| path.iter().rposition(|p| *p == Part::Any))
}

/// `undefined variable 'x'` under `with`.
fn undefined(name: &str, trace: &Trace, lessons: &mut Vec<Lesson>) {
    for (source, _) in trace.steps.iter().take(1) {
        for (root, parts) in &source.scopes {
            for mut path in source.resolve(root, parts, "config") {
                path.push(Part::Name(name.to_owned()));
                lessons.push(Lesson::StandIn {
                    path,
                    kind: Kind::String,
                    replace: false,
                });
            }
        }
        if !source.scopes.is_empty() {
            lessons.push(Lesson::Name(name.to_owned()));
        }
    }
}

/// A value has the wrong type: a stand-in that the expression reads has to be another one.
fn retype(head: &str, kind: Kind, from: &[Kind], trace: &Trace, facts: &Facts, lessons: &mut Vec<Lesson>) {
    for path in shown(head, facts) {
        lessons.push(Lesson::StandIn {
            path,
            kind,
            replace: true,
        });
    }
    // A selection that starts within a line or so of what the message points at, or ends just before, nearest first.
    const NEAR: usize = 160;
    const BEFORE: usize = 24;
    for (source, offset) in &trace.steps {
        let mut near: Vec<&Chain> = source
            .chains
            .iter()
            .filter(|c| c.start < *offset + NEAR && *offset < c.end + BEFORE)
            .collect();
        near.sort_by_key(|c| c.start.abs_diff(*offset));
        for chain in near {
            for path in source.resolve(&chain.root, &chain.parts, "config") {
                let now = facts.stand_ins.kind(&path);
                if now.is_some_and(|k| k != kind && (from.is_empty() || from.contains(&k))) {
                    lessons.push(Lesson::StandIn {
                        path,
                        kind,
                        replace: true,
                    });
                }
            }
        }
    }
}

/// Stand-ins that the message itself shows.
fn shown(head: &str, facts: &Facts) -> Vec<Vec<Part>> {
    let mut found = Vec::new();
    for start in ["<config.", "derivation config."] {
        for (at, _) in head.match_indices(start) {
            let rest = &head[at + start.len()..];
            if let Some(end) = rest.find('>') {
                let path = dotted(&rest[..end]);
                if facts.stand_ins.kind(&path).is_some() {
                    found.push(path);
                }
            }
        }
    }
    for word in head.split(|c: char| !c.is_ascii_digit()) {
        if let Some(number) = word.parse().ok().filter(|_| word.len() == 5) {
            found.extend(facts.stand_ins.with_number(number));
        }
    }
    found
}

/// The type that a message asks for.
fn wanted(head: &str) -> Option<Kind> {
    let text = if let Some(at) = head.find("is not of type `") {
        head[at + 16..].split('\'').next().unwrap_or("").to_ascii_lowercase()
    } else if let Some(at) = head.find(" while ") {
        head[at..].to_ascii_lowercase()
    } else if let Some(rest) = head.strip_prefix("expected ") {
        rest.split(" but ").next().unwrap_or("").to_ascii_lowercase()
    } else if head.starts_with("cannot coerce") {
        "string".to_owned()
    } else if let Some(at) = head.strip_prefix("cannot compare").and(head.find(" with ")) {
        head[at..].to_ascii_lowercase()
    } else {
        return None;
    };
    // A list of packages is first of all a list, an absolute path is no string that may be empty.
    let kinds = [
        ("list", Kind::List),
        ("package", Kind::Package),
        ("bool", Kind::Bool),
        ("integer", Kind::Int),
        ("absolute path", Kind::Path),
        ("path", Kind::Path),
        ("attribute set", Kind::Set),
        ("a set", Kind::Set),
        ("submodule", Kind::Set),
        ("string", Kind::String),
    ];
    kinds
        .iter()
        .find(|(word, _)| text.contains(word))
        .map(|(_, kind)| *kind)
}

/// The types of stand-ins that a message may have found; none where it does not say.
fn found(head: &str) -> &'static [Kind] {
    let text = if let Some(rest) = head.strip_prefix("expected ") {
        rest.split(" but found ").nth(1).unwrap_or("")
    } else if let Some(rest) = head
        .strip_prefix("value is ")
        .or_else(|| head.strip_prefix("cannot coerce "))
    {
        rest
    } else if let Some(rest) = head.strip_prefix("cannot compare ") {
        rest
    } else {
        return &[];
    };
    let text = text.trim_start_matches("an ").trim_start_matches("a ");
    let kinds: [(&str, &[Kind]); 5] = [
        ("string", &[Kind::String, Kind::Path]),
        ("integer", &[Kind::Int]),
        ("Boolean", &[Kind::Bool]),
        ("list", &[Kind::List]),
        ("set", &[Kind::Set, Kind::Package]),
    ];
    kinds
        .iter()
        .find(|(word, _)| text.starts_with(word))
        .map_or(&[], |(_, kinds)| kinds)
}

/// The path of a file that is not there.
fn missing_file(head: &str) -> Option<&str> {
    [
        "getting status of '",
        "opening file '",
        "path '",
        "access to absolute path '",
        "access to path '",
    ]
    .iter()
    .find_map(|start| between(head, start, "'"))
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    let rest = &text[text.find(start)? + start.len()..];
    Some(&rest[..rest.find(end)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wanted_type_is_read_from_old_and_new_messages() {
        assert_eq!(wanted("value is a set while a list was expected"), Some(Kind::List));
        assert_eq!(
            wanted("value is a string while a Boolean was expected"),
            Some(Kind::Bool)
        );
        assert_eq!(
            wanted("expected an integer but found a string: \"<config.a.b>\""),
            Some(Kind::Int)
        );
        assert_eq!(wanted("cannot coerce an integer to a string"), Some(Kind::String));
        assert_eq!(
            wanted(
                "A definition for option `a.b' is not of type `16 bit unsigned integer; between 0 and 65535 (both inclusive)'. Definition values:\n- In `/x.nix': \"<config.c.d>\""
            ),
            Some(Kind::Int)
        );
        assert_eq!(wanted("syntax error, unexpected '}'"), None);
    }

    #[test]
    fn missing_files_are_named() {
        assert_eq!(
            missing_file("getting status of '/a/b.nix': No such file or directory"),
            Some("/a/b.nix")
        );
        assert_eq!(missing_file("syntax error"), None);
    }
}
