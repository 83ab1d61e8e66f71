//! Three columns of text, the last two of them of places: what, from where, to where.

use textwrap::core::display_width;

use super::page::{Page, Width, wrap};
use crate::term::palette::{self, paint};

/// A table, and what stands in front of its first column.
pub struct Grid<'g> {
    /// Over the columns; the width of `lead` is that of the room in front of them.
    pub lead: &'g str,
    pub heading: [&'g str; 3],
    pub rows: Vec<(String, [String; 3])>,
}

/// Columns between two cells.
const GAP: usize = 2;
/// The least that a cell of paths or of names gets.
const LEAST: usize = 16;

impl Grid<'_> {
    /// The table as text.
    pub fn text(&self, page: Page) -> String {
        let room = page.width.0.saturating_sub(self.lead.len() + 2 * GAP);
        if room < 4 * LEAST {
            return self.stacked(page.width);
        }
        let cells = || self.rows.iter().map(|(_, cells)| cells);
        let natural = |column: usize| {
            let wide = cells().map(|cells| display_width(&cells[column])).max().unwrap_or(0);
            wide.max(display_width(self.heading[column]))
        };
        let (from, to) = places(natural(1), natural(2), room, page);
        // In a pipe nothing is cut, so that the longest word has its column.
        let words = cells().flat_map(|cells| cells[0].split(' '));
        let least = match page.is_cut {
            true => LEAST,
            false => words.map(display_width).max().unwrap_or(0).max(2 * LEAST),
        };
        let names = natural(0).min(room.saturating_sub(from + to).max(least));
        let widths = [names, from, to];
        let mut out = String::new();
        let heading = self.heading.map(str::to_owned);
        out.push_str(&paint(palette::FAINT, &self.line(self.lead, &heading, &widths, false)));
        for (lead, cells) in &self.rows {
            out.push_str(&self.line(lead, cells, &widths, page.is_cut));
        }
        out
    }

    /// A row of the table, in as many lines as its cells need.
    fn line(&self, lead: &str, cells: &[String; 3], widths: &[usize; 3], is_cut: bool) -> String {
        let cells = cells.iter().zip(widths);
        let wrapped: Vec<Vec<String>> = cells.map(|(cell, width)| wrapped(cell, *width, is_cut)).collect();
        let height = wrapped.iter().map(Vec::len).max().unwrap_or(0);
        let mut out = String::new();
        for at in 0..height {
            let mut line = match at {
                0 => lead.to_owned(),
                _ => " ".repeat(self.lead.len()),
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

    /// The rows one below the other, for a page on which three columns have no room.
    fn stacked(&self, width: Width) -> String {
        let mut out = String::new();
        let indent = " ".repeat(self.lead.len());
        for (lead, [what, from, to]) in &self.rows {
            out.push_str(&wrap(what, width, lead, &indent));
            out.push('\n');
            let places = match (from.as_str(), to.as_str()) {
                ("", "") => continue,
                (from, "") => from.to_owned(),
                (from, to) => format!("{from} → {to}"),
            };
            let inner = format!("{indent}  ");
            out.push_str(&wrap(&places, width, &inner, &inner));
            out.push('\n');
        }
        out
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_cut_in_front() {
        assert_eq!(
            shortened("modules/server/media/video/default.nix:60", 24),
            "…/video/default.nix:60"
        );
        assert_eq!(
            shortened("very-long-name-without-a-directory", 10),
            "very-long-name-without-a-directory"
        );
    }
}
