//! The summary: what changes, group by group, what is left and why, and what the machine would gain.

use std::fmt::Write as _;

use textwrap::Options;

use super::texts;

use crate::error::Place;
use crate::plan::{Accepted, Group, Move, Proposal, Safety, Skipped};
use crate::term::foreign::visible;
use crate::term::palette::{self, paint};

/// Columns of the page.
#[derive(Clone, Copy, Debug)]
pub struct Width(pub usize);

/// Longest line of prose: wider ones are hard to read, however wide the terminal is.
const PROSE: usize = 110;

/// `text` wrapped, its first line behind `first`, the others behind `rest`. Words are never cut: paths stay
/// whole, so that they can be copied and clicked.
pub fn wrap(text: &str, width: Width, first: &str, rest: &str) -> String {
    let options = Options::new(width.0.min(PROSE))
        .initial_indent(first)
        .subsequent_indent(rest)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .wrap_algorithm(textwrap::WrapAlgorithm::FirstFit);
    textwrap::fill(text, options)
}

/// What is said of a proposal before its files.
pub struct Summary {
    name: String,
    groups: Vec<Group>,
    left: Vec<Skipped>,
}

impl Summary {
    /// That of `proposal`.
    pub fn of(proposal: &dyn Proposal) -> Summary {
        Summary {
            name: proposal.name().to_owned(),
            groups: proposal.groups().to_vec(),
            left: proposal.skipped().to_vec(),
        }
    }

    /// The styled text. With `accepted`, what is taken and what is not is marked.
    pub fn text(&self, accepted: Option<&Accepted>, width: Width) -> String {
        let count = texts::count(self.groups.len(), "change", "changes");
        let title = format!("{}: {count}", visible(&self.name));
        let mut out = format!("{}\n", paint(palette::TITLE, &title));
        for group in &self.groups {
            let mark = mark(group, accepted);
            out.push_str(&entry(group, &mark, width));
        }
        out.push_str(&left(&self.left, width));
        out.push_str(&gains(&self.groups, accepted, width));
        out
    }
}

/// A group's number, or whether it is taken.
fn mark(group: &Group, accepted: Option<&Accepted>) -> String {
    match accepted {
        None => format!("{:>3}.", texts::number(group.id)),
        Some(accepted) if accepted.contains(&group.id) => paint(palette::GOOD, " [x]"),
        Some(_) => paint(palette::BAD, " [ ]"),
    }
}

/// A group as the heading of its question.
pub fn group_heading(group: &Group, width: Width) -> String {
    entry(group, &mark(group, None), width)
}

fn entry(group: &Group, mark: &str, width: Width) -> String {
    let indent = "     ";
    let title = wrap(&visible(&group.title), width, indent, indent);
    let mut out = format!("{mark} {}\n", paint(palette::TITLE, title.trim_start()));
    for one in &group.moves {
        let _ = writeln!(out, "{}", movement(one, width));
    }
    let mut facts = texts::safety(group.safety).to_owned();
    if !group.needs.is_empty() {
        let needs: Vec<String> = group
            .needs
            .iter()
            .map(|need| texts::number(*need).to_string())
            .collect();
        let _ = write!(facts, "; needs {}", needs.join(", "));
    }
    let style = match group.safety {
        Safety::Preserves => palette::FAINT,
        Safety::Gains => palette::GAIN,
    };
    let facts = wrap(&facts, width, "       ", "         ");
    let _ = writeln!(out, "{}", paint(style, &facts));
    out
}

/// `persistence of /var/lib/x: modules/server/settings.nix:12 -> modules/…: qgroget.…`, on one line if it
/// fits, else with the target on a line of its own.
fn movement(one: &Move, width: Width) -> String {
    let (first, rest) = ("       ", "         ");
    let what = visible(&one.what);
    let from = one.from.as_ref().map(place);
    let to = one.to.as_deref().map(visible);
    let (source, target) = match (&from, &to) {
        (None, None) => return wrap(&what, width, first, rest),
        (from, to) => (
            from.as_deref().unwrap_or(texts::NOWHERE),
            to.as_deref().unwrap_or(texts::REMOVED),
        ),
    };
    let line = format!("{first}{what}: {source} -> {target}");
    if textwrap::core::display_width(&line) <= width.0.min(PROSE) {
        return line;
    }
    let source = wrap(&format!("{what}: {source}"), width, first, rest);
    // The arrow stays with its target.
    let target = wrap(&format!("->\u{a0}{target}"), width, rest, "            ").replace('\u{a0}', " ");
    format!("{source}\n{target}")
}

fn place(place: &Place) -> String {
    format!("{}:{}", visible(&place.path.to_string_lossy()), place.line)
}

/// What is left alone, why, and what a person may do about it.
pub fn left(left: &[Skipped], width: Width) -> String {
    if left.is_empty() {
        return String::new();
    }
    let mut out = format!("\n{}\n", paint(palette::TITLE, texts::LEFT));
    for one in left {
        let at = one
            .place
            .as_ref()
            .map(|found| format!(" ({})", place(found)))
            .unwrap_or_default();
        let what = wrap(&format!("{}{at}", visible(&one.what)), width, "  - ", "    ");
        let why = wrap(&visible(&one.why), width, "    ", "    ");
        let _ = writeln!(out, "{what}\n{why}");
        if let Some(next) = &one.next {
            let _ = writeln!(
                out,
                "{}",
                wrap(&format!("next: {}", visible(next)), width, "    ", "          ")
            );
        }
    }
    out
}

fn gains(groups: &[Group], accepted: Option<&Accepted>, width: Width) -> String {
    let gains = groups.iter().filter(|group| group.safety == Safety::Gains);
    let open: Vec<&Group> = gains
        .filter(|group| accepted.is_none_or(|a| !a.contains(&group.id)))
        .collect();
    if open.is_empty() {
        return String::new();
    }
    let mut out = format!("\n{}\n", paint(palette::GAIN, &wrap(texts::GAINS, width, "", "")));
    for group in open {
        let title = format!("{}. {}", texts::number(group.id), visible(&group.title));
        let _ = writeln!(out, "{}", wrap(&title, width, "  + ", "    "));
        let _ = writeln!(out, "{}", wrap(&visible(&group.why), width, "    ", "    "));
    }
    out
}

#[cfg(test)]
#[path = "summary_tests.rs"]
mod tests;
