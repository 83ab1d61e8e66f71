//! The summary: what changes, group by group, what is left and why, and what the machine would gain.

use std::fmt::Write as _;

use textwrap::core::display_width;

pub use super::page::{Page, Paths, Width, wrap};
use super::{grid, table, texts};

use crate::error::Place;
use crate::plan::{Accepted, Group, Move, Proposal, Safety, Skipped};
use crate::term::foreign::visible;
use crate::term::palette::{self, paint};

/// How much a plan says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// All of it.
    All,
    /// Not why something is left or asked about by itself, and what is next: above a question, where a key shows that.
    Table,
    /// Not each place either, but the title of each change and its files: for a screen on which the table has no room.
    Groups,
}

/// What is said of a proposal before its files: how much and where to, the table of what goes where, what the machine gains,
/// what is left. `accepted` is what the shown files are made of; `note` stands below the title.
pub fn text(proposal: &dyn Proposal, accepted: &Accepted, note: Option<&str>, page: Page, detail: Detail) -> String {
    let groups = proposal.offered();
    let contract = proposal.contract(accepted);
    let contract = contract.map(|(path, file)| {
        let file = file.to_string_lossy();
        (visible(&path).into_owned(), visible(&file).into_owned())
    });
    let names = contract.as_ref().map(|(path, file)| (&**path, &**file));
    let title = texts::title(&visible(proposal.name()), groups.len(), names);
    let mut out = format!("{}\n", paint(palette::TITLE, &line(&title, page)));
    if let Some(note) = note {
        let _ = writeln!(out, "{}", paint(palette::FAINT, &line(note, page)));
    }
    let of = |wanted: Safety| -> Vec<&Group> {
        let groups = groups.iter().filter(|group| group.safety == wanted);
        groups.copied().collect()
    };
    let [preserving, gains, overwriting] = [Safety::Preserves, Safety::Gains, Safety::Overwrites].map(of);
    // What it does to the machine comes first: a long table may end below the screen.
    if let Some(said) = texts::preserving(preserving.len(), gains.len() + overwriting.len()) {
        let _ = writeln!(out, "{}", wrap(&said, page.width, "", "  "));
    }
    if let Some(remark) = proposal.remark(accepted) {
        let _ = writeln!(out, "{}", wrap(&visible(&remark), page.width, "", "  "));
    }
    let whole = detail == Detail::All;
    for (groups, said) in [
        (&gains, texts::GAINS_IN_SHORT),
        (&overwriting, texts::OVERWRITES_IN_SHORT),
    ] {
        if !(whole || groups.is_empty()) {
            out.push_str(&gaining(said, page.width));
        }
    }
    if !groups.is_empty() {
        out.push('\n');
        let rows = table::rows(proposal, accepted);
        out.push_str(&match detail {
            Detail::Groups => table::in_short(&groups, &rows, page),
            _ => table::text(&rows, page),
        });
    }
    if whole {
        out.push_str(&by_themselves(texts::GAINS, &gains, page.width));
        out.push_str(&by_themselves(texts::OVERWRITES, &overwriting, page.width));
    }
    let unwanted = proposal.unwanted().iter();
    let titles: Vec<String> = unwanted
        .map(|id| visible(&proposal.groups()[id.0].title).into_owned())
        .collect();
    if !titles.is_empty() {
        let said = texts::not_offered(&titles);
        let _ = writeln!(out, "{}", paint(palette::FAINT, &wrap(&said, page.width, "", "  ")));
    }
    match detail {
        Detail::All => out.push_str(&left(proposal.skipped(), page.width)),
        Detail::Table | Detail::Groups => out.push_str(&left_in_short(proposal.skipped(), page)),
    }
    out
}

/// A line with paths, which a terminal wraps and a pipe has whole.
fn line(text: &str, page: Page) -> String {
    match page.paths {
        Paths::Whole => text.to_owned(),
        Paths::Shortened | Paths::Below => wrap(text, page.width, "", "  "),
    }
}

/// A group as the heading of its question.
pub fn group_heading(group: &Group, width: Width) -> String {
    let mark = format!("{:>3}.", texts::number(group.id));
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
        Safety::Overwrites => palette::BAD,
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
    if textwrap::core::display_width(&line) <= width.0.min(super::page::PROSE) {
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

/// What is left alone, a line each.
fn left_in_short(left: &[Skipped], page: Page) -> String {
    if left.is_empty() {
        return String::new();
    }
    let heading = wrap(texts::LEFT_IN_SHORT, page.width, "", "  ");
    let mut out = format!("\n{}\n", paint(palette::TITLE, &heading));
    const LEAD: &str = "  - ";
    let width = page.width.0.min(super::page::PROSE).saturating_sub(LEAD.len());
    for one in left {
        let what = visible(&one.what);
        let at = one.place.as_ref().map(place).unwrap_or_default();
        let room = width.saturating_sub(display_width(&what) + " ()".len());
        let said = match &*at {
            "" => what.into_owned(),
            // A place of which little is left names nothing.
            _ if room < SHORTEST_PLACE => what.into_owned(),
            at => format!("{what} ({})", grid::fitted(at, room)),
        };
        let _ = writeln!(out, "{LEAD}{}", grid::head(&said, width));
    }
    out
}

/// A shorter place names nothing.
const SHORTEST_PLACE: usize = 12;

/// What is said of groups that are asked about by themselves.
fn gaining(said: &str, width: Width) -> String {
    format!("{}\n", paint(palette::GAIN, &wrap(said, width, "", "  ")))
}

/// Groups that are asked about by themselves.
fn by_themselves(heading: &str, groups: &[&Group], width: Width) -> String {
    if groups.is_empty() {
        return String::new();
    }
    let mut out = format!("\n{}", gaining(heading, width));
    for group in groups {
        let title = format!("{}. {}", texts::number(group.id), visible(&group.title));
        let _ = writeln!(out, "{}", wrap(&title, width, "  + ", "    "));
        let _ = writeln!(out, "{}", wrap(&visible(&group.why), width, "    ", "    "));
    }
    out
}

#[cfg(test)]
#[path = "summary_tests.rs"]
mod tests;
