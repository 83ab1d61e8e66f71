//! The table of a plan: what goes, where it stands, where it will stand; a row for what goes the same way.

use std::collections::BTreeSet;
use std::path::PathBuf;

use textwrap::core::display_width;

use super::page::{Page, Width, wrap};
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
    let offered = |group: &&Group| !proposal.unwanted().contains(&group.id);
    for group in proposal.groups().iter().filter(offered) {
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
    let said = one.what.split_whitespace().collect::<Vec<_>>().join(" ");
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

/// Columns between two cells, and those of the number in front.
const GAP: usize = 2;
const NUMBER: usize = 5;
/// The least that a cell of paths or of names gets.
const LEAST: usize = 16;

/// The table as text.
pub fn text(rows: &[Row], page: Page) -> String {
    let cells: Vec<[String; 3]> = rows.iter().map(cells).collect();
    let room = page.width.0.saturating_sub(NUMBER + 2 * GAP);
    if room < 4 * LEAST {
        return stacked(rows, &cells, page.width);
    }
    let natural = |column: usize| {
        let heading = display_width(texts::TABLE[column]);
        let wide = cells
            .iter()
            .map(|cells| display_width(&cells[column]))
            .max()
            .unwrap_or(0);
        wide.max(heading)
    };
    let (from, to) = places(natural(1), natural(2), room, page);
    // In a pipe nothing is cut, so that the longest word has its column.
    let words = cells.iter().flat_map(|cells| cells[0].split(' '));
    let least = match page.is_cut {
        true => LEAST,
        false => words.map(display_width).max().unwrap_or(0).max(2 * LEAST),
    };
    let names = natural(0).min(room.saturating_sub(from + to).max(least));
    let widths = [names, from, to];
    let mut out = String::new();
    let heading = texts::TABLE.map(str::to_owned);
    out.push_str(&paint(palette::FAINT, &line("  #  ", &heading, &widths, false)));
    for (number, cells) in numbers(rows).iter().zip(&cells) {
        out.push_str(&line(number, cells, &widths, page.is_cut));
    }
    out
}

/// How wide the two columns of places are: whole where nothing is cut, else what the names leave.
fn places(from: usize, to: usize, room: usize, page: Page) -> (usize, usize) {
    if !page.is_cut {
        return (from, to);
    }
    let most = room.saturating_sub(room / 3).max(2 * LEAST);
    match from + to <= most {
        true => (from, to),
        // What one of them does not need, the other one has.
        false => {
            let half = most / 2;
            let to = to.min(half.max(most.saturating_sub(from)));
            (from.min(most - to), to)
        }
    }
}

/// What stands in front of the rows, [`NUMBER`] columns wide: the group's number before its first row, with the sign of a gain
/// behind the column of the numbers.
fn numbers(rows: &[Row]) -> Vec<String> {
    let mut last = None;
    let number = |row: &Row| match last.replace(row.group) {
        Some(group) if group == row.group => " ".repeat(NUMBER),
        _ => {
            let sign = if row.safety == Safety::Gains { "+" } else { "" };
            format!("{:>3}{sign:<2}", texts::number(row.group).to_string())
        }
    };
    rows.iter().map(number).collect()
}

/// A row of the table, in as many lines as its cells need.
fn line(number: &str, cells: &[String; 3], widths: &[usize; 3], is_cut: bool) -> String {
    let cells = cells.iter().zip(widths);
    let wrapped: Vec<Vec<String>> = cells.map(|(cell, width)| wrapped(cell, *width, is_cut)).collect();
    let height = wrapped.iter().map(Vec::len).max().unwrap_or(0);
    let mut out = String::new();
    for at in 0..height {
        let mut line = match at {
            0 => number.to_owned(),
            _ => " ".repeat(NUMBER),
        };
        for (cell, width) in wrapped.iter().zip(widths) {
            let part = cell.get(at).map_or("", String::as_str);
            let space = " ".repeat(width.saturating_sub(display_width(part)) + GAP);
            line.push_str(part);
            line.push_str(&space);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// A cell in lines of its width. A path that is wider is cut in front where the page is a terminal.
fn wrapped(cell: &str, width: usize, is_cut: bool) -> Vec<String> {
    let words: Vec<String> = cell
        .split(' ')
        .map(|word| match is_cut && display_width(word) > width {
            true => shortened(word, width),
            false => word.to_owned(),
        })
        .collect();
    let text = wrap(&words.join(" "), Width(width), "", "");
    let lines = text.lines().flat_map(|line| match is_cut {
        true => textwrap::core::break_words(vec![textwrap::core::Word::from(line)], width)
            .iter()
            .map(|part| part.word.to_owned())
            .collect(),
        false => vec![line.to_owned()],
    });
    lines.collect()
}

/// The end of a path (of files or of attributes), behind an ellipsis: whole names as far as they fit.
fn shortened(word: &str, width: usize) -> String {
    let room = width.saturating_sub(2);
    let border = if word.contains('/') { '/' } else { '.' };
    let ends = word.match_indices(border).map(|(at, _)| &word[at + 1..]);
    let mut fitting = ends.filter(|end| display_width(end) <= room && !end.is_empty());
    match fitting.next() {
        Some(end) => format!("…{border}{end}"),
        None => word.to_owned(),
    }
}

/// The rows one below the other, for a page on which three columns have no room.
fn stacked(rows: &[Row], cells: &[[String; 3]], width: Width) -> String {
    let mut out = String::new();
    let indent = " ".repeat(NUMBER);
    let numbers = numbers(rows);
    for ((row, number), [what, from, to]) in rows.iter().zip(&numbers).zip(cells) {
        out.push_str(&wrap(what, width, number, &indent));
        out.push('\n');
        if row.to != Goal::Unsaid {
            let inner = format!("{indent}  ");
            out.push_str(&wrap(&format!("{from} → {to}"), width, &inner, &inner));
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
