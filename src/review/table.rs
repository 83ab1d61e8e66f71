//! The table of a plan: what goes, where it stands, where it will stand; a row for what goes the same way.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use textwrap::core::display_width;

use super::grid::{Grid, fitted};
use super::page::{Page, wrap};
use super::texts;
use crate::edit::GroupId;
use crate::plan::{Accepted, Group, Move, Proposal, Safety};
use crate::term::foreign::visible;
use crate::term::palette::{self, paint};

/// What goes the same way: out of one file, into one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The group it belongs to.
    pub group: GroupId,
    /// What the group does to the configuration.
    pub safety: Safety,
    /// What it is: `url`, or `url → port` where it has another name afterwards.
    pub what: Vec<String>,
    /// The file and the lines where it stands; `None` for something new.
    pub from: Option<(PathBuf, BTreeSet<u32>)>,
    /// Where it will stand.
    pub to: Goal,
}

/// Where something stands afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goal {
    /// In the contract.
    Contract,
    /// Nowhere.
    Removed,
    /// There.
    Place(String),
    /// The group says no more than its title.
    Unsaid,
}

/// The rows of a plan, in the order of its groups.
pub fn rows(proposal: &dyn Proposal, accepted: &Accepted) -> Vec<Row> {
    let contract = proposal.contract(accepted).map(|(path, _)| path);
    let mut rows: Vec<Row> = Vec::new();
    for group in proposal.offered() {
        if group.moves.is_empty() {
            rows.push(Row {
                group: group.id,
                safety: group.safety,
                what: vec![group.title.clone()],
                from: None,
                to: Goal::Unsaid,
            });
        }
        for one in &group.moves {
            let row = row(group, one, contract.as_deref());
            let same = |other: &&mut Row| {
                let file = |row: &Row| row.from.as_ref().map(|(file, _)| file.clone());
                other.group == row.group && other.to == row.to && file(other) == file(&row)
            };
            match rows.iter_mut().rev().find(same) {
                Some(other) => join(other, row),
                None => rows.push(row),
            }
        }
    }
    rows
}

fn join(row: &mut Row, other: Row) {
    let new = other.what.into_iter().filter(|what| !row.what.contains(what));
    let new: Vec<String> = new.collect();
    row.what.extend(new);
    if let (Some((_, lines)), Some((_, more))) = (&mut row.from, other.from) {
        lines.extend(more);
    }
}

fn row(group: &Group, one: &Move, contract: Option<&str>) -> Row {
    let goal = one.to.as_deref();
    // In the contract of a service, only the field is of interest.
    let field = contract.and_then(|contract| goal?.strip_prefix(contract));
    let field = field.filter(|rest| rest.is_empty() || rest.starts_with('.'));
    let name = field.map(|rest| rest.trim_start_matches('.'));
    // A value may have several lines.
    let said = crate::syntax::in_one_line(&one.what);
    let what = match name {
        Some(name) if !name.is_empty() && name != one.what => format!("{said} → {name}"),
        _ => said,
    };
    let short = |goal: &str| match contract.and_then(|contract| goal.split_once(&format!("{contract}."))) {
        Some((path, field)) => format!("{path}contract.{field}"),
        None => goal.to_owned(),
    };
    Row {
        group: group.id,
        safety: group.safety,
        what: vec![what],
        from: one
            .from
            .as_ref()
            .map(|place| (place.path.clone(), BTreeSet::from([place.line]))),
        to: match (name, goal) {
            (Some(_), _) => Goal::Contract,
            (None, None) => Goal::Removed,
            (None, Some(goal)) => Goal::Place(short(goal)),
        },
    }
}

/// `12, 60-65`.
pub fn ranges(lines: &BTreeSet<u32>) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for line in lines {
        match ranges.last_mut() {
            Some((_, end)) if *end + 1 == *line => *end = *line,
            _ => ranges.push((*line, *line)),
        }
    }
    let said = ranges.iter().map(|(first, last)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    });
    said.collect::<Vec<_>>().join(", ")
}

/// The cells of a row, behind its number.
fn cells(row: &Row) -> [String; 3] {
    let what: Vec<_> = row.what.iter().map(|what| visible(what).into_owned()).collect();
    let from = row.from.as_ref().map(|(file, lines)| {
        let lines = ranges(lines);
        format!("{}:{lines}", visible(&file.to_string_lossy()))
    });
    let to = match &row.to {
        Goal::Contract => texts::IN_CONTRACT.to_owned(),
        Goal::Removed => texts::REMOVED.to_owned(),
        Goal::Place(place) => visible(place).into_owned(),
        Goal::Unsaid => String::new(),
    };
    let from = match (&row.from, &row.to) {
        (None, Goal::Unsaid) => String::new(),
        _ => from.unwrap_or_else(|| texts::NOWHERE.to_owned()),
    };
    [what.join(", "), from, to]
}

/// In front of the rows: their numbers.
const LEAD: &str = "  #  ";

/// The table as text.
pub fn text(rows: &[Row], page: Page) -> String {
    let lines = numbers(rows).into_iter().zip(rows.iter().map(cells)).collect();
    let grid = Grid {
        lead: LEAD,
        heading: texts::TABLE,
        rows: lines,
    };
    grid.text(page)
}

/// The groups by their titles, each with the files between which it moves something, for a page on which the whole table has
/// no room.
pub fn in_short(groups: &[&Group], rows: &[Row], page: Page) -> String {
    let indent = " ".repeat(LEAD.len());
    let mut out = String::new();
    for group in groups {
        let lead = lead(group.id, group.safety);
        out.push_str(&wrap(&visible(&group.title), page.width, &lead, &indent));
        out.push('\n');
        let rows: Vec<&Row> = rows.iter().filter(|row| row.group == group.id).collect();
        if let Some(way) = way(&rows, page.width.0.saturating_sub(LEAD.len())) {
            out.push_str(&format!("{indent}{}\n", paint(palette::FAINT, &way)));
        }
    }
    out
}

/// From which files to which a group moves something, in at most `room` columns; `None` where all of it is new.
fn way(rows: &[&Row], room: usize) -> Option<String> {
    let mut files: Vec<(&Path, BTreeSet<u32>)> = Vec::new();
    for (file, lines) in rows.iter().filter_map(|row| row.from.as_ref()) {
        match files.iter_mut().find(|(other, _)| *other == file) {
            Some((_, more)) => more.extend(lines),
            None => files.push((file, lines.clone())),
        }
    }
    let mut goals: Vec<String> = Vec::new();
    for [_, _, to] in rows.iter().map(|row| cells(row)) {
        // What is meant in a file is a key away.
        let to = to.split(": ").next().unwrap_or_default().to_owned();
        if !goals.contains(&to) {
            goals.push(to);
        }
    }
    let names = |with_lines: bool| -> Vec<String> {
        let name = |(file, lines): &(&Path, BTreeSet<u32>)| {
            let file = visible(&file.to_string_lossy()).into_owned();
            match with_lines {
                true => format!("{file}:{}", ranges(lines)),
                false => file,
            }
        };
        files.iter().map(name).collect()
    };
    (!files.is_empty()).then(|| {
        let ways = [true, false].map(|with_lines| format!("{} → {}", names(with_lines).join(", "), goals.join(", ")));
        let fitting = ways.into_iter().find(|way| display_width(way) <= room);
        fitting.unwrap_or_else(|| {
            let half = room.saturating_sub(" → ".len()) / 2;
            let side = |names: &[String]| match names {
                [one] => fitted(one, half),
                [one, more @ ..] => {
                    let more = texts::more_places(more.len());
                    fitted(one, half.saturating_sub(more.len())) + &more
                }
                [] => String::new(),
            };
            format!("{} → {}", side(&names(false)), side(&goals))
        })
    })
}

/// What stands in front of the rows, as wide as [`LEAD`]: the group's number before its first row, with the sign of a gain
/// behind the column of the numbers.
fn numbers(rows: &[Row]) -> Vec<String> {
    let mut last = None;
    let number = |row: &Row| match last.replace(row.group) {
        Some(group) if group == row.group => " ".repeat(LEAD.len()),
        _ => lead(row.group, row.safety),
    };
    rows.iter().map(number).collect()
}

/// A group's number, with the sign of a gain.
fn lead(group: GroupId, safety: Safety) -> String {
    let sign = if safety == Safety::Preserves { "" } else { "+" };
    format!("{:>3}{sign:<2}", texts::number(group).to_string())
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
