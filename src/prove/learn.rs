//! What a failed evaluation says about the stub that it misses.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::functions::Functions;
use super::kind::StubKind;
use super::mentions::{Mentions, OptionRead};
use super::nix::{headline, positions};
use super::request::EvalRequest;
use super::stub::dotted;
use super::tree::SourceTree;
use crate::resolve::reads::OptionPath;

/// Something to try in the next round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RetryHint {
    /// A stub, or another type for one.
    Stub {
        /// The option's path.
        path: OptionPath,
        /// Its type.
        kind: StubKind,
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
    /// Something is fetched.
    Fetchers,
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
pub(super) fn hints(
    message: &str,
    root: &Path,
    tree: &SourceTree,
    depot: &Path,
    request: &EvalRequest,
) -> Vec<RetryHint> {
    let head = headline(message);
    let mut hints = Vec::new();
    let trace = Trace::new(message, root, tree);
    if let Some(name) = between(&head, "attribute '", "' missing") {
        missing(name, &trace, &mut hints);
    } else if let Some(name) = between(&head, "undefined variable '", "'") {
        undefined(name, &trace, &mut hints);
    } else if let Some(path) = missing_file(&head) {
        if let Ok(relative) = Path::new(path).strip_prefix(depot) {
            hints.push(RetryHint::File(relative.to_owned()));
        }
    } else if head.contains("access to URI '") {
        hints.push(RetryHint::Fetchers);
    } else if head.contains("infinite recursion") || head.contains("stack overflow") {
        hints.push(RetryHint::Recursion);
    } else if let Some(kind) = wanted(&head) {
        retype(&head, kind, found(&head), &trace, request, &mut hints);
        if head.starts_with("cannot coerce an integer") {
            // `x + 1` asks for a text as soon as x is one.
            retype(&head, StubKind::Int, &[StubKind::String], &trace, request, &mut hints);
        }
    }
    if request.apply > Functions::None {
        hints.push(RetryHint::Functions);
    }
    hints
}

/// Files of the repository that a trace leads to, innermost first, with the offset it points at.
struct Trace<'a> {
    steps: Vec<(&'a Mentions, usize)>,
}

impl<'a> Trace<'a> {
    fn new(message: &str, root: &Path, tree: &'a SourceTree) -> Trace<'a> {
        let mut steps = Vec::new();
        let mut seen = BTreeSet::new();
        for (file, line, column) in positions(message) {
            let Ok(relative) = file.strip_prefix(root) else {
                continue;
            };
            if !seen.insert((file.clone(), line, column)) {
                continue;
            }
            let file = tree.files.get(relative);
            steps.extend(file.and_then(|file| Some((&**file, file.offset(line, column)?))));
        }
        Trace { steps }
    }
}

/// `attribute 'x' missing`: the selection at the error's place reads it.
fn missing(name: &str, trace: &Trace, hints: &mut Vec<RetryHint>) {
    for (file, offset) in trace.steps.iter().take(1) {
        let is_here = |read: &&OptionRead| read.span.start <= *offset && *offset <= read.span.end;
        let mut here: Vec<&OptionRead> = file.reads.iter().filter(is_here).collect();
        here.sort_by_key(|read| read.span.len());
        for read in here {
            if let Some(at) = position(&read.path, name) {
                let mut path = read.path.clone();
                path[at] = Some(name.to_owned());
                hints.push(RetryHint::Stub {
                    path,
                    kind: read.kind,
                    replace: false,
                });
            }
        }
    }
    hints.push(RetryHint::Name(name.to_owned()));
}

/// The component that is this name, or that may become it.
fn position(path: &[Option<String>], name: &str) -> Option<usize> {
    path.iter()
        .rposition(|part| part.as_deref() == Some(name))
        .or_else(|| path.iter().rposition(Option::is_none))
}

/// `undefined variable 'x'` under `with`.
fn undefined(name: &str, trace: &Trace, hints: &mut Vec<RetryHint>) {
    for (file, _) in trace.steps.iter().take(1) {
        for opened in file.scopes.iter().flatten() {
            let mut path = opened.clone();
            path.push(Some(name.to_owned()));
            hints.push(RetryHint::Stub {
                path,
                kind: StubKind::String,
                replace: false,
            });
        }
        if !file.scopes.is_empty() {
            hints.push(RetryHint::Name(name.to_owned()));
        }
    }
}

/// A value has the wrong type: a stub that the expression reads has to be another one.
fn retype(
    head: &str,
    kind: StubKind,
    from: &[StubKind],
    trace: &Trace,
    request: &EvalRequest,
    hints: &mut Vec<RetryHint>,
) {
    for path in shown(head, request) {
        hints.push(RetryHint::Stub {
            path,
            kind,
            replace: true,
        });
    }
    // A read that starts within a line or so of what the message points at, or ends just before, nearest first.
    const NEAR: usize = 160;
    const BEFORE: usize = 24;
    for (file, offset) in &trace.steps {
        let is_near = |read: &&OptionRead| read.span.start < *offset + NEAR && *offset < read.span.end + BEFORE;
        let mut near: Vec<&OptionRead> = file.reads.iter().filter(is_near).collect();
        near.sort_by_key(|read| read.span.start.abs_diff(*offset));
        for read in near {
            let now = request.stubs.kind(&read.path);
            if now.is_some_and(|k| k != kind && (from.is_empty() || from.contains(&k))) {
                hints.push(RetryHint::Stub {
                    path: read.path.clone(),
                    kind,
                    replace: true,
                });
            }
        }
    }
}

/// Stubs that the message itself shows.
fn shown(head: &str, request: &EvalRequest) -> Vec<OptionPath> {
    let mut found = Vec::new();
    for start in ["<config.", "derivation config."] {
        for (at, _) in head.match_indices(start) {
            let rest = &head[at + start.len()..];
            if let Some(end) = rest.find('>') {
                let path = dotted(&rest[..end]);
                if request.stubs.kind(&path).is_some() {
                    found.push(path);
                }
            }
        }
    }
    for word in head.split(|c: char| !c.is_ascii_digit()) {
        if let Some(number) = word.parse().ok().filter(|_| word.len() == 5) {
            found.extend(request.stubs.with_number(number));
        }
    }
    found
}

/// The type that a message asks for.
fn wanted(head: &str) -> Option<StubKind> {
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
        ("list", StubKind::List),
        ("package", StubKind::Package),
        ("bool", StubKind::Bool),
        ("integer", StubKind::Int),
        ("absolute path", StubKind::Path),
        ("path", StubKind::Path),
        ("attribute set", StubKind::Set),
        ("a set", StubKind::Set),
        ("submodule", StubKind::Set),
        ("string", StubKind::String),
    ];
    kinds
        .iter()
        .find(|(word, _)| text.contains(word))
        .map(|(_, kind)| *kind)
}

/// The types of stubs that a message may have found; none where it does not say.
fn found(head: &str) -> &'static [StubKind] {
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
    let kinds: [(&str, &[StubKind]); 5] = [
        ("string", &[StubKind::String, StubKind::Path]),
        ("integer", &[StubKind::Int]),
        ("Boolean", &[StubKind::Bool]),
        ("list", &[StubKind::List]),
        ("set", &[StubKind::Set, StubKind::Package]),
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
        assert_eq!(wanted("value is a set while a list was expected"), Some(StubKind::List));
        assert_eq!(
            wanted("value is a string while a Boolean was expected"),
            Some(StubKind::Bool)
        );
        assert_eq!(
            wanted("expected an integer but found a string: \"<config.a.b>\""),
            Some(StubKind::Int)
        );
        assert_eq!(wanted("cannot coerce an integer to a string"), Some(StubKind::String));
        assert_eq!(
            wanted(
                "A definition for option `a.b' is not of type `16 bit unsigned integer; between 0 and 65535 (both inclusive)'. Definition values:\n- In `/x.nix': \"<config.c.d>\""
            ),
            Some(StubKind::Int)
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
