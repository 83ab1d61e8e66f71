//! The diff for people: unified as git's, with the words that changed, and what is only re-indented said.

use std::fmt::Write as _;
use std::ops::AddAssign;
use std::path::Path;

use super::hunks::{Hunk, Line, Piece, Tag, emphasised, hunks, lines, pairs};
use super::patch::similarity;
use super::texts;
use crate::edit::{FileChange, SourceChange};
use crate::term::foreign::visible;
use crate::term::palette::{self, paint, paint_into};

/// How much a change does, in lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stat {
    /// Files touched.
    pub files: usize,
    /// Lines that come, re-indented ones not counted.
    pub added: usize,
    /// Lines that go, re-indented ones not counted.
    pub removed: usize,
    /// Lines that only get another indentation.
    pub indented: usize,
    /// Lines that stand elsewhere afterwards; they are neither added nor removed.
    pub moved: usize,
}

impl AddAssign for Stat {
    fn add_assign(&mut self, other: Stat) {
        self.files += other.files;
        self.added += other.added;
        self.removed += other.removed;
        self.indented += other.indented;
        self.moved += other.moved;
    }
}

impl std::fmt::Display for Stat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts = std::iter::once(texts::count(self.files, "file", "files"));
        f.write_str(&parts.chain(self.lines()).collect::<Vec<_>>().join(", "))
    }
}

impl Stat {
    /// All of it in short: `5 files, +266 -9 lines, 40 re-indented`.
    pub fn short(&self) -> String {
        let mut said = texts::count(self.files, "file", "files");
        let signed = [('+', self.added), ('-', self.removed)];
        let signed: Vec<String> = signed
            .iter()
            .filter(|(_, number)| *number > 0)
            .map(|(sign, number)| format!("{sign}{number}"))
            .collect();
        if !signed.is_empty() {
            let noun = if self.added.max(self.removed) == 1 {
                "line"
            } else {
                "lines"
            };
            said.push_str(&format!(", {} {noun}", signed.join(" ")));
        }
        for (number, done) in [(self.moved, "moved"), (self.indented, "re-indented")] {
            if number > 0 {
                said.push_str(&format!(", {number} {done}"));
            }
        }
        said
    }

    /// The figures about lines that are not zero, in words.
    pub fn lines(&self) -> Vec<String> {
        let mut parts = Vec::new();
        for (number, one, many) in [
            (self.added, "line added", "lines added"),
            (self.removed, "line removed", "lines removed"),
            (self.moved, "line moved", "lines moved"),
            (self.indented, "line only re-indented", "lines only re-indented"),
        ] {
            if number > 0 {
                parts.push(texts::count(number, one, many));
            }
        }
        parts
    }
}

/// A diff and what it comes to.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    /// The styled text, without the closing line of figures.
    pub text: String,
    /// The figures.
    pub stat: Stat,
}

impl Rendered {
    /// The text with the figures as its last line; empty if nothing changes.
    pub fn with_stat(&self) -> String {
        if self.stat.files == 0 {
            return String::new();
        }
        format!("{}{}\n", self.text, paint(palette::FAINT, &self.stat.to_string()))
    }
}

/// The diff of a change.
pub fn render(change: &SourceChange) -> Rendered {
    let mut rendered = Rendered::default();
    let files: Vec<(String, Stat)> = change.files.iter().map(file_diff).collect();
    for (text, stat) in files {
        rendered.text.push_str(&text);
        rendered.stat += stat;
    }
    rendered
}

fn file_diff(file: &FileChange) -> (String, Stat) {
    let mut text = paint(palette::TITLE, &header(file));
    let mut stat = Stat {
        files: 1,
        ..Stat::default()
    };
    let old = lines(&file.before);
    for hunk in hunks(&file.before, &file.after) {
        let heading = heading(&old, &hunk).map(visible).unwrap_or_default();
        let space = if heading.is_empty() { "" } else { " " };
        let _ = writeln!(text, "{}{space}{heading}", paint(palette::HUNK, &hunk.header()));
        stat += hunk_diff(&hunk, &mut text);
    }
    (text, stat)
}

fn header(file: &FileChange) -> String {
    let name = |path: &Path| visible(&path.to_string_lossy()).into_owned();
    let (from, to) = (file.from.as_deref().map(name), file.to.as_deref().map(name));
    let known = name(file.path());
    let mut text = format!(
        "diff --git a/{} b/{}\n",
        from.as_ref().unwrap_or(&known),
        to.as_ref().unwrap_or(&known)
    );
    match (&from, &to) {
        (None, _) => text.push_str("new file mode 100644\n"),
        (_, None) => text.push_str("deleted file mode 100644\n"),
        (Some(from), Some(to)) if from != to => {
            let similarity = similarity(&file.before, &file.after);
            let _ = writeln!(
                text,
                "similarity index {similarity}%\nrename from {from}\nrename to {to}"
            );
        }
        _ => {}
    }
    if file.before != file.after {
        let side = |prefix: &str, path: &Option<String>| {
            path.as_ref()
                .map_or_else(|| "/dev/null".to_owned(), |path| format!("{prefix}/{path}"))
        };
        let _ = writeln!(text, "--- {}\n+++ {}", side("a", &from), side("b", &to));
    }
    text
}

/// The line that opens what a hunk stands in: the nearest one above it that is indented less and ends with
/// an opening bracket, `in` or `let`.
fn heading<'t>(old: &[&'t str], hunk: &Hunk<'_>) -> Option<&'t str> {
    let texts = hunk.lines.iter().map(|line| line.text);
    let first = texts.into_iter().find(|line| !line.trim().is_empty())?;
    opened_by(old, hunk.old.start, first)
}

/// The nearest line above `start` that is indented less than `first` and opens something.
pub fn opened_by<'t>(old: &[&'t str], start: usize, first: &str) -> Option<&'t str> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let opens = |line: &str| line.ends_with(['{', '[', '(']) || matches!(line, "in" | "let");
    let above = old[..start.min(old.len())]
        .iter()
        .rev()
        .map(|line| (indent(line), line.trim()));
    above
        .filter(|(_, line)| opens(line))
        .find(|(depth, _)| *depth < indent(first))
        .map(|(_, line)| line)
}

fn hunk_diff(hunk: &Hunk<'_>, text: &mut String) -> Stat {
    let mut stat = Stat::default();
    let mut rest = hunk.lines.as_slice();
    while let Some(line) = rest.first() {
        if line.tag == Tag::Same {
            write_line(text, ' ', None, &[(line.text, false)]);
            rest = &rest[1..];
            continue;
        }
        let end = rest.iter().position(|line| line.tag == Tag::Same).unwrap_or(rest.len());
        stat += block_diff(&rest[..end], text);
        rest = &rest[end..];
    }
    stat
}

/// A block: removed lines, then added ones.
fn block_diff(block: &[Line<'_>], text: &mut String) -> Stat {
    let split = block
        .iter()
        .position(|line| line.tag == Tag::Added)
        .unwrap_or(block.len());
    let texts = |lines: &[Line<'_>]| lines.iter().map(|line| line.text.to_owned()).collect::<Vec<_>>();
    let (removed, added) = (texts(&block[..split]), texts(&block[split..]));
    let (removed, added): (Vec<&str>, Vec<&str>) = (
        removed.iter().map(String::as_str).collect(),
        added.iter().map(String::as_str).collect(),
    );
    let pairs = pairs(&removed, &added);
    let (mut left, mut right) = (vec![Look::Plain; removed.len()], vec![Look::Plain; added.len()]);
    for (o, n) in &pairs.indented {
        (left[*o], right[*n]) = (Look::Indented, Look::Indented);
    }
    for (o, n) in &pairs.changed {
        let (old, new) = emphasised(removed[*o], added[*n]);
        (left[*o], right[*n]) = (Look::Words(old), Look::Words(new));
    }
    let removed_styles = (palette::REMOVED, palette::REMOVED_WORD, palette::REMOVED_INDENT);
    let added_styles = (palette::ADDED, palette::ADDED_WORD, palette::ADDED_INDENT);
    for (sign, lines, looks, styles) in [('-', removed, left, removed_styles), ('+', added, right, added_styles)] {
        for (line, look) in lines.iter().zip(looks) {
            match look {
                Look::Plain => write_line(text, sign, Some((styles.0, styles.1)), &[(line, false)]),
                Look::Indented => write_line(text, sign, Some((styles.2, styles.2)), &[(line, false)]),
                Look::Words(pieces) => write_line(text, sign, Some((styles.0, styles.1)), &pieces),
            }
        }
    }
    Stat {
        files: 0,
        added: block.len() - split - pairs.indented.len(),
        removed: split - pairs.indented.len(),
        indented: pairs.indented.len(),
        moved: 0,
    }
}

#[derive(Clone)]
enum Look<'t> {
    Plain,
    Indented,
    Words(Vec<Piece<'t>>),
}

/// A line of the diff: its sign, its pieces in their styles, and whether its newline is missing.
pub fn write_line(
    text: &mut String,
    sign: char,
    styles: Option<(anstyle::Style, anstyle::Style)>,
    pieces: &[Piece<'_>],
) {
    let (plain, word) = styles.unwrap_or_default();
    paint_into(text, plain, sign.encode_utf8(&mut [0; 4]));
    let mut terminated = false;
    for (piece, differs) in pieces {
        let body = piece.strip_suffix('\n');
        terminated = body.is_some();
        let style = if *differs { word } else { plain };
        paint_into(text, style, &visible(body.unwrap_or(piece)));
    }
    text.push('\n');
    if !terminated {
        text.push_str(&paint(palette::FAINT, "\\ No newline at end of file\n"));
    }
}

#[cfg(test)]
#[path = "diff_tests.rs"]
mod tests;
