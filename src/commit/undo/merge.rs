//! A three-way merge of lines in which edits may touch.
//!
//! Git takes edits of neighbouring lines for a conflict. Here two services are two lines of one list, and one of them
//! goes: the edits touch, and do not overlap. The first service brings the block that the list stands in, and when it goes
//! the block stays for the others.
//!
//! `edit::merge`, by which an upgrade is made, takes edits that touch for a clash and says where each one is: nobody knows there
//! which of two texts is meant, while here it is known that both are. The history of what was written asks that one first,
//! which changes nothing that it does not need to, and this one for what later migrations have put beside the lines.

use similar::{Algorithm, DiffTag, capture_diff_slices};

/// One edit of the lines of a text: which go, and what comes in their place.
struct Edit<'t> {
    from: usize,
    to: usize,
    lines: Vec<&'t str>,
}

/// `base` with the edits that lead to `ours` and to `theirs`; `None` where two of them change the same line, or both put
/// something at the same place. Where `theirs` takes away a block of brackets into which `ours` has put lines, the lines
/// that enclose them stay; brackets are counted without regard to strings and comments, so that the result has to be parsed.
pub(in crate::commit) fn merge(base: &str, ours: &str, theirs: &str) -> Option<String> {
    merge_as(base, ours, theirs, &[])
}

/// As [`merge`]; where both put lines at the same place, they stand as in the first of the texts `earlier` that has them all.
pub(super) fn merge_as(base: &str, ours: &str, theirs: &str, earlier: &[String]) -> Option<String> {
    let [(base_names, base), (our_names, ours), (their_names, theirs)] = [base, ours, theirs].map(named_at_the_top);
    let head = match (base_names, our_names) {
        (Some(base), Some(ours)) if base.said == ours.said => {
            let theirs = their_names.map(|theirs| theirs.names).unwrap_or_default();
            ours.without(|name| base.names.contains(&name) && !theirs.contains(&name))
        }
        (None, None) if their_names.is_none() => String::new(),
        _ => return None,
    };
    Some(head + &merge_lines(base, ours, theirs, earlier)?)
}

/// A comment in the first line of a file that names services: `# …: a, b.`
struct NamesLine<'t> {
    said: &'t str,
    names: Vec<&'t str>,
}

impl NamesLine<'_> {
    /// The line without some of the names; nothing where none is left.
    fn without(&self, gone: impl Fn(&str) -> bool) -> String {
        let left: Vec<&str> = self.names.iter().copied().filter(|name| !gone(name)).collect();
        match left.is_empty() {
            true => String::new(),
            false => format!("{}: {}.\n", self.said, left.join(", ")),
        }
    }
}

/// The names in a text's first line, if it is such a comment, and the rest of the text.
fn named_at_the_top(text: &str) -> (Option<NamesLine<'_>>, &str) {
    let parsed = text.split_once('\n').and_then(|(line, rest)| {
        let (said, names) = line.strip_suffix('.')?.split_once(": ")?;
        let names: Vec<&str> = names.split(", ").collect();
        let plain = names
            .iter()
            .all(|name| !name.is_empty() && !name.contains(char::is_whitespace));
        (said.starts_with('#') && plain).then_some((NamesLine { said, names }, rest))
    });
    match parsed {
        Some((line, rest)) => (Some(line), rest),
        None => (None, text),
    }
}

fn merge_lines(base: &str, ours: &str, theirs: &str, earlier: &[String]) -> Option<String> {
    let lines: Vec<&str> = base.split_inclusive('\n').collect();
    let (mut ours, mut theirs) = (edits(&lines, ours), edits(&lines, theirs));
    interleave(&mut ours, &mut theirs, earlier);
    let inserted: Vec<usize> = ours
        .iter()
        .filter(|edit| edit.from == edit.to)
        .map(|edit| edit.from)
        .collect();
    let theirs: Vec<Edit<'_>> = theirs
        .into_iter()
        .flat_map(|edit| around(&lines, edit, &inserted))
        .collect();
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

/// Makes one insertion of two at the same place, where an earlier text says how their lines stand to each other.
fn interleave<'t>(ours: &mut [Edit<'t>], theirs: &mut Vec<Edit<'t>>, earlier: &[String]) {
    theirs.retain(|their| {
        let is_same = |our: &&mut Edit<'t>| our.from == our.to && our.from == their.from;
        let Some(our) = ours.iter_mut().find(is_same).filter(|_| their.from == their.to) else {
            return true;
        };
        match earlier.iter().find_map(|text| as_in(text, &our.lines, &their.lines)) {
            Some(together) => our.lines = together,
            None => return true,
        }
        false
    });
}

/// The lines of both as they stand in `text`; `None` where it has not all of them, each once for its own.
fn as_in<'t>(text: &str, ours: &[&'t str], theirs: &[&'t str]) -> Option<Vec<&'t str>> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let places = |wanted: &[&'t str]| -> Option<Vec<(usize, &'t str)>> {
        let mut found: Vec<(usize, &'t str)> = Vec::new();
        while found.len() < wanted.len() {
            let (rest, from) = (&wanted[found.len()..], found.last().map_or(0, |(place, _)| place + 1));
            // Of the places where the next lines stand, the one at which the most of them do.
            let run = |at: &usize| rest.iter().zip(&lines[*at..]).take_while(|(a, b)| a == b).count();
            let at = (from..lines.len()).rev().max_by_key(run).filter(|at| run(at) > 0)?;
            found.extend(rest.iter().take(run(&at)).enumerate().map(|(i, line)| (at + i, *line)));
        }
        Some(found)
    };
    let mut all = [places(ours)?, places(theirs)?].concat();
    all.sort_by_key(|(place, _)| *place);
    let is_once = all.windows(2).all(|pair| pair[0].0 != pair[1].0);
    is_once.then(|| all.into_iter().map(|(_, line)| line).collect())
}

/// An edit without the lines that enclose what is `inserted` inside of what it takes away.
fn around<'t>(base: &[&str], edit: Edit<'t>, inserted: &[usize]) -> Vec<Edit<'t>> {
    let inside: Vec<usize> = inserted
        .iter()
        .copied()
        .filter(|at| (edit.from + 1..edit.to).contains(at))
        .collect();
    let mut kept = Vec::new();
    for at in &inside {
        let openers = unmatched((edit.from..*at).map(|line| (line, depth(base[line]))));
        let closers = unmatched((*at..edit.to).rev().map(|line| (line, -depth(base[line]))));
        // What no brackets of the block enclose would lose its surroundings.
        if openers.is_empty() || openers.len() != closers.len() {
            return vec![edit];
        }
        kept.extend(openers.into_iter().chain(closers));
    }
    kept.sort_unstable();
    kept.dedup();
    // Of what comes in place of the block, only the block without anything in it is there already.
    let dense = |lines: &mut dyn Iterator<Item = &str>| -> String { lines.flat_map(str::split_whitespace).collect() };
    let emptied = dense(&mut kept.iter().map(|line| base[*line]));
    if !kept.is_empty() && !edit.lines.is_empty() && dense(&mut edit.lines.iter().copied()) != emptied {
        return vec![edit];
    }
    let mut lines = if kept.is_empty() { edit.lines } else { Vec::new() };
    let mut pieces = Vec::new();
    let mut from = edit.from;
    for to in edit.from..=edit.to {
        let ends = to == edit.to || kept.contains(&to);
        if ends || inside.contains(&to) {
            if from < to || !lines.is_empty() {
                pieces.push(Edit {
                    from,
                    to,
                    lines: std::mem::take(&mut lines),
                });
            }
            from = to + usize::from(ends);
        }
    }
    pieces
}

/// How many more brackets a line opens than it closes.
fn depth(line: &str) -> i32 {
    line.chars()
        .map(|c| i32::from("{[(".contains(c)) - i32::from("}])".contains(c)))
        .sum()
}

/// The lines, each with how many brackets it opens, that open one that none of the lines after them closes.
fn unmatched(lines: impl Iterator<Item = (usize, i32)>) -> Vec<usize> {
    let mut open = Vec::new();
    for (line, depth) in lines {
        for _ in 0..depth.abs() {
            if depth > 0 {
                open.push(line);
            } else {
                open.pop();
            }
        }
    }
    open
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
    use super::{merge, merge_as};

    #[test]
    fn lines_at_one_place_stand_as_they_stood_before() {
        let base = "{\n  z\n}\n";
        let (ours, theirs) = ("{\n  a\n  c\n  z\n}\n", "{\n  b {\n  }\n  z\n}\n");
        let earlier = ["{\n  a\n  z\n}\n", "{\n  a\n  b {\n  }\n  c\n  d\n  z\n}\n"].map(str::to_owned);
        let merged = "{\n  a\n  b {\n  }\n  c\n  z\n}\n";
        assert_eq!(merge_as(base, ours, theirs, &earlier).as_deref(), Some(merged));
        assert_eq!(merge_as(base, theirs, ours, &earlier).as_deref(), Some(merged));
        // No text has both, or one line stands for two.
        assert_eq!(merge_as(base, ours, theirs, &earlier[..1]), None);
        let twice = ["{\n  a\n  x\n  z\n}\n".to_owned()];
        assert_eq!(
            merge_as(base, "{\n  a\n  x\n  z\n}\n", "{\n  x\n  z\n}\n", &twice),
            None
        );
    }

    #[test]
    fn a_line_of_names_loses_those_that_go() {
        let base = "# Left: a.\n{\n  x = 1;\n}\n";
        let ours = "# Left: a, b.\n{\n  x = 1;\n}\n";
        let theirs = "{\n  x = 1;\n  y = 2;\n}\n";
        let merged = merge(base, ours, theirs);
        assert_eq!(merged.as_deref(), Some("# Left: b.\n{\n  x = 1;\n  y = 2;\n}\n"));
        assert_eq!(merge(base, base, theirs).as_deref(), Some(theirs));
        let between = "# Left: c.\n{\n  x = 1;\n}\n";
        assert_eq!(
            merge("# Left: a, c.\n{\n  x = 1;\n}\n", ours, between).as_deref(),
            Some("# Left: b.\n{\n  x = 1;\n}\n")
        );
        // A comment that somebody wrote anew is theirs.
        assert_eq!(merge(base, "# Mine\n{\n  x = 1;\n}\n", theirs), None);
    }

    #[test]
    fn a_block_stays_for_the_lines_that_were_put_into_it() {
        let base = "{\n  a = 1;\n  modules = {\n    x.enable = true;\n  };\n}\n";
        let theirs = "{\n  a = 1;\n}\n";
        for ours in [
            base.replace("    x", "    w.enable = true;\n    x"),
            base.replace("true;\n", "true;\n    y.enable = true;\n"),
        ] {
            let merged = ours.replace("    x.enable = true;\n", "");
            assert_eq!(merge(base, &ours, theirs), Some(merged), "{ours}");
        }
        let nested = "{\n  m = {\n    n = [\n      1\n      2\n    ];\n  };\n}\n";
        let ours = nested.replace("      2\n", "      3\n      2\n");
        let merged = "{\n  m = {\n    n = [\n      3\n    ];\n  };\n}\n";
        assert_eq!(merge(nested, &ours, "{\n}\n").as_deref(), Some(merged));
        // In place of the block comes an empty one, or something else.
        let base = "{\n  m = {\n    x = 1;\n  };\n}\n";
        let ours = base.replace("  };\n", "    y = 2;\n  };\n");
        let merged = "{\n  m = {\n    y = 2;\n  };\n}\n";
        assert_eq!(merge(base, &ours, "{\n  m = { };\n}\n").as_deref(), Some(merged));
        assert_eq!(merge(base, &ours, "{\n  x = 1;\n}\n"), None);
    }

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
