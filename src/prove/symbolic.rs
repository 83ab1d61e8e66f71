//! The paths that stand for packages and generated files, of which nothing is built.

use std::collections::BTreeMap;

/// They stand under this directory.
pub(super) const SYMBOLIC: &str = "/symbolic/";
/// The length of a digest in one.
const DIGEST: usize = 16;

fn is_digest(part: &str) -> bool {
    part.len() == DIGEST && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// A text with the digests of generated files taken out.
pub(super) fn without_digests(text: &str) -> String {
    let mut out = text.to_owned();
    for digest in text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| is_digest(part))
    {
        out = out.replace(digest, "");
    }
    out
}

/// A text with the names of what makes its generated files, in place of their symbolic paths.
pub(super) fn named(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(SYMBOLIC) {
        let behind = &rest[at + SYMBOLIC.len()..];
        let end = behind.find(|c: char| !(c.is_ascii_alphanumeric() || "._-+".contains(c)));
        let (path, after) = behind.split_at(end.unwrap_or(behind.len()));
        let mut name = path;
        while let Some((front, digest)) = name.rsplit_once('-')
            && is_digest(digest)
        {
            name = front;
        }
        out.push_str(&rest[..at]);
        match name.len() == path.len() {
            true => out.push_str(&rest[at..at + SYMBOLIC.len() + path.len()]),
            false => out.push_str(&format!("<{name}>")),
        }
        rest = after;
    }
    out + rest
}

/// Digests that stand at the same place of two texts and differ.
pub(super) fn changed_digests(a: &str, b: &str) -> Vec<(String, String)> {
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
        .filter(|part| is_digest(part))
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
