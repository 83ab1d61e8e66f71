//! A three-way merge of lines in which edits may touch.
//!
//! Git takes edits of neighbouring lines for a conflict. Here two services are two lines of one list, and one of them
//! goes: the edits touch, and do not overlap.

use similar::{Algorithm, DiffTag, capture_diff_slices};

/// One edit of the lines of a text: which go, and what comes in their place.
struct Edit<'t> {
    from: usize,
    to: usize,
    lines: Vec<&'t str>,
}

/// `base` with the edits that lead to `ours` and to `theirs`; `None` where two of them change the same line, or both put
/// something at the same place.
pub(super) fn merge(base: &str, ours: &str, theirs: &str) -> Option<String> {
    let lines: Vec<&str> = base.split_inclusive('\n').collect();
    let (ours, theirs) = (edits(&lines, ours), edits(&lines, theirs));
    let clashes = |a: &Edit<'_>, b: &Edit<'_>| match (a.from == a.to, b.from == b.to) {
        (true, true) => a.from == b.from,
        // An insertion beside what goes is beside it; inside, it would lose its surroundings.
        (true, false) => b.from < a.from && a.from < b.to,
        (false, true) => a.from < b.from && b.from < a.to,
        (false, false) => a.from < b.to && b.from < a.to,
    };
    if ours.iter().any(|a| theirs.iter().any(|b| clashes(a, b))) {
        return None;
    }
    let inserts = |edit: &Edit<'_>| edit.from == edit.to;
    let touches = |a: &Edit<'_>, b: &Edit<'_>| a.from == b.to || b.from == a.to;
    // An insertion beside a replacement leaves open which of the two comes first.
    let unclear = |a: &Edit<'_>, b: &Edit<'_>| {
        touches(a, b) && inserts(a) != inserts(b) && !a.lines.is_empty() && !b.lines.is_empty()
    };
    if ours.iter().any(|a| theirs.iter().any(|b| unclear(a, b))) {
        return None;
    }
    let mut all: Vec<Edit<'_>> = ours.into_iter().chain(theirs).collect();
    all.sort_by_key(|edit| (edit.from, edit.to));
    let mut merged = String::new();
    let mut at = 0;
    for edit in all {
        merged.extend(lines[at.min(edit.from)..edit.from].iter().copied());
        merged.extend(edit.lines);
        at = at.max(edit.to);
    }
    merged.extend(lines[at..].iter().copied());
    Some(merged)
}

fn edits<'t>(base: &[&str], text: &'t str) -> Vec<Edit<'t>> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let ops = capture_diff_slices(Algorithm::Myers, base, &lines);
    let changed = ops
        .iter()
        .map(|op| op.as_tag_tuple())
        .filter(|(tag, ..)| *tag != DiffTag::Equal);
    changed
        .map(|(_, old, new)| Edit {
            from: old.start,
            to: old.end,
            lines: lines[new].to_vec(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::merge;

    #[test]
    fn neighbouring_lines_are_merged() {
        let base = "{\n  a\n  b\n}\n";
        let cases = [
            ("{\n  a\n  b\n  c\n}\n", "{\n  a\n}\n", Some("{\n  a\n  c\n}\n")),
            ("{\n  c\n  a\n  b\n}\n", "{\n  b\n}\n", Some("{\n  c\n  b\n}\n")),
            ("{\n  a\n}\n", "{\n  b\n}\n", Some("{\n}\n")),
            ("{\n  A\n  b\n}\n", "{\n  a\n  B\n}\n", Some("{\n  A\n  B\n}\n")),
            (
                "{\n  A\n  c\n  b\n}\n",
                "{\n  a\n  B\n}\n",
                Some("{\n  A\n  c\n  B\n}\n"),
            ),
            ("{\n  A\n  b\n}\n", "{\n  a\n  c\n  b\n}\n", None),
            ("{\n  a\n  c\n  b\n}\n", "{\n}\n", None),
            ("{\n  a\n  b\n  c\n}\n", "{\n  a\n  b\n  d\n}\n", None),
            ("{\n  A\n  b\n}\n", "{\n  b\n}\n", None),
        ];
        for (ours, theirs, merged) in cases {
            assert_eq!(merge(base, ours, theirs).as_deref(), merged, "{ours:?} {theirs:?}");
            assert_eq!(merge(base, theirs, ours).as_deref(), merged, "{theirs:?} {ours:?}");
        }
    }
}
