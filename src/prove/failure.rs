//! What is said of an evaluation that failed.

use super::learn;
use super::nix::{Outcome, headline, positions};
use crate::error::{Error, prove as text, prove::Side};

/// The error for a round from which nothing was learned.
pub fn failure(before: &Outcome, after: &Outcome, rounds: usize) -> Error {
    match (before, after) {
        (Outcome::Failed(message), _) => {
            let excerpt = excerpt(message);
            if learn::may_be_a_missing_value(&excerpt) {
                text::no_stand_in(&excerpt, rounds)
            } else {
                text::does_not_evaluate(Side::Before, &excerpt, Vec::new())
            }
        }
        (_, Outcome::Failed(message)) => text::does_not_evaluate(Side::After, &excerpt(message), Vec::new()),
        _ => Error::internal("two values are no failure"),
    }
}

/// The message and where it is, without the trace.
fn excerpt(message: &str) -> String {
    let mut excerpt = headline(message);
    if let Some((file, line, column)) = positions(message).into_iter().next() {
        excerpt.push_str(&format!("\nat {}:{line}:{column}", file.display()));
    }
    without_scratch(&excerpt)
}

/// A text with the paths of scratch copies as paths in the repository.
fn without_scratch(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("/qgroget-") {
        let begin = rest[..at].rfind([' ', '\n', '\'', '"', '«', '(']).map_or(0, |i| i + 1);
        let inside = &rest[at + 1..];
        let mut parts = inside.splitn(3, '/');
        let (_, side, path) = (parts.next(), parts.next(), parts.next());
        match (side, path) {
            (Some("before" | "after"), Some(path)) => {
                out.push_str(&rest[..begin]);
                rest = path;
            }
            _ => {
                out.push_str(&rest[..at + 1]);
                rest = inside;
            }
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::without_scratch;

    #[test]
    fn paths_of_scratch_copies_are_shown_as_the_repository_has_them() {
        let said = "attribute 'a' already defined at /tmp/qgroget-Ab1/before/modules/a.nix:3:1\nat /tmp/qgroget-Ab1/after/b.nix:1:1";
        assert_eq!(
            without_scratch(said),
            "attribute 'a' already defined at modules/a.nix:3:1\nat b.nix:1:1"
        );
        let other = "path /home/me/qgroget-notes/x.nix does not exist";
        assert_eq!(without_scratch(other), other);
    }
}
