//! What is said of an evaluation that failed.

use std::path::Path;

use super::learn;
use super::nix::{Outcome, headline, positions};
use crate::error::{Error, prove as text, prove::Side};

/// The error of a side; one that has no side is of the first, since it says nothing of the change.
#[derive(Debug)]
pub struct Failed(pub Side, pub Error);

impl From<Error> for Failed {
    fn from(error: Error) -> Failed {
        Failed(Side::Before, error)
    }
}

/// The error for a round from which nothing was learned.
pub fn failure(before: &Outcome, after: &Outcome, rounds: usize) -> Failed {
    let side = match before {
        Outcome::Failed(_) => Side::Before,
        Outcome::Value(..) => Side::After,
    };
    let error = match (before, after) {
        (Outcome::Failed(message), _) => {
            let excerpt = excerpt(message);
            if learn::may_be_a_missing_value(&excerpt) {
                text::no_stand_in(&excerpt, rounds)
            } else {
                not_evaluating(Side::Before, message)
            }
        }
        (_, Outcome::Failed(message)) => not_evaluating(Side::After, message),
        _ => Error::internal("two values are no failure"),
    };
    Failed(side, error)
}

/// The error for a side that fails with this message.
pub fn not_evaluating(side: Side, message: &str) -> Error {
    text::does_not_evaluate(side, &excerpt(message), Vec::new())
}

/// The message and where it is, without the trace: the innermost place of the repository, or of all.
fn excerpt(message: &str) -> String {
    let mut excerpt = headline(message);
    let positions = positions(message);
    let is_ours = |file: &Path| without_scratch(&file.to_string_lossy()) != file.to_string_lossy();
    let ours = positions.iter().find(|(file, ..)| is_ours(file));
    if let Some((file, line, column)) = ours.or(positions.first()) {
        excerpt.push_str(&format!("\nat {}:{line}:{column}", file.display()));
    }
    without_scratch(&excerpt)
}

/// A text with the paths of scratch copies as paths in the repository.
fn without_scratch(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    // The temporary directory itself may have such a name.
    let mut searched = 0;
    while let Some(at) = rest[searched..].find("/qgroget-").map(|found| found + searched) {
        let mut parts = rest[at + 1..].splitn(3, '/');
        let (_, side, path) = (parts.next(), parts.next(), parts.next());
        if let (Some("before" | "after"), Some(path)) = (side, path) {
            let begin = rest[..at].rfind([' ', '\n', '\'', '"', '«', '(']).map_or(0, |i| i + 1);
            out.push_str(&rest[..begin]);
            (rest, searched) = (path, 0);
        } else {
            searched = at + 1;
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::{excerpt, without_scratch};

    #[test]
    fn the_innermost_place_of_the_repository_is_named() {
        let message = "error: no\n  at /np/lib/modules.nix:8:2:\n  … while\n  at /tmp/qgroget-1-2-x/after/a.nix:3:4:\n  … while\n  at /tmp/qgroget-1-2-x/after/b.nix:5:6:\n";
        assert_eq!(excerpt(message), "no\nat a.nix:3:4");
        assert_eq!(
            excerpt("error: no\n  at /np/lib/x.nix:8:2:\n"),
            "no\nat /np/lib/x.nix:8:2"
        );
    }

    #[test]
    fn paths_of_scratch_copies_are_shown_as_the_repository_has_them() {
        let said = "attribute 'a' already defined at /tmp/qgroget-Ab1/before/modules/a.nix:3:1\nat /tmp/qgroget-Ab1/after/b.nix:1:1";
        assert_eq!(
            without_scratch(said),
            "attribute 'a' already defined at modules/a.nix:3:1\nat b.nix:1:1"
        );
        let below = "undefined at /dev/shm/qgroget-ci-1/qgroget-Ab1/after/modules/a.nix:2:3";
        assert_eq!(without_scratch(below), "undefined at modules/a.nix:2:3");
        let other = "path /home/me/qgroget-notes/x.nix does not exist";
        assert_eq!(without_scratch(other), other);
    }
}
