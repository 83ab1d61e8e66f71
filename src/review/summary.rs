//! The summary: what changes, group by group, what is left and why, and what the machine would gain.

use std::fmt::Write as _;

pub use super::page::{Page, Width, wrap};
use super::{table, texts};

use crate::error::Place;
use crate::plan::{Accepted, Group, Move, Proposal, Safety, Skipped};
use crate::term::foreign::visible;
use crate::term::palette::{self, paint};

/// What is said of a proposal before its files: how much and where to, the table of what goes where, what the machine gains,
/// what is left. `accepted` is what the shown files are made of; `note` stands below the title.
pub fn text(proposal: &dyn Proposal, accepted: &Accepted, note: Option<&str>, page: Page) -> String {
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
    if !groups.is_empty() {
        out.push('\n');
        out.push_str(&table::text(&table::rows(proposal, accepted), page));
    }
    let (gains, others) = groups
        .into_iter()
        .partition::<Vec<&Group>, _>(|group| group.safety == Safety::Gains);
    let (others, overwriting) = others
        .into_iter()
        .partition::<Vec<&Group>, _>(|group| group.safety == Safety::Preserves);
    if let Some(said) = texts::preserving(others.len(), gains.len() + overwriting.len()) {
        let _ = writeln!(out, "\n{}", wrap(&said, page.width, "", "  "));
    }
    if let Some(remark) = proposal.remark(accepted) {
        let _ = writeln!(out, "{}", wrap(&visible(&remark), page.width, "", "  "));
    }
    out.push_str(&by_themselves(texts::GAINS, &gains, page.width));
    out.push_str(&by_themselves(texts::OVERWRITES, &overwriting, page.width));
    let unwanted = proposal.unwanted().iter();
    let titles: Vec<String> = unwanted
        .map(|id| visible(&proposal.groups()[id.0].title).into_owned())
        .collect();
    if !titles.is_empty() {
        let said = texts::not_offered(&titles);
        let _ = writeln!(out, "{}", paint(palette::FAINT, &wrap(&said, page.width, "", "  ")));
    }
    out.push_str(&left(proposal.skipped(), page.width));
    out
}

/// A line with paths, which a terminal wraps and a pipe has whole.
fn line(text: &str, page: Page) -> String {
    match page.is_cut {
        true => wrap(text, page.width, "", "  "),
        false => text.to_owned(),
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

/// Groups that are asked about by themselves.
fn by_themselves(heading: &str, groups: &[&Group], width: Width) -> String {
    if groups.is_empty() {
        return String::new();
    }
    let mut out = format!("{}\n", paint(palette::GAIN, &wrap(heading, width, "", "  ")));
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
