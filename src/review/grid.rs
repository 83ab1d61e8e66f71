//! Three columns of text, the last two of them of places: what, from where, to where.

use std::collections::BTreeMap;

use textwrap::core::display_width;

use super::page::{Page, Paths, Width, wrap};
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
        let cells = || self.rows.iter().map(|(_, cells)| cells);
        let natural = |column: usize| {
            let wide = cells().map(|cells| display_width(&cells[column])).max().unwrap_or(0);
            wide.max(display_width(self.heading[column]))
        };
        let widest = cells().flat_map(|cells| cells[0].split(' ')).map(display_width).max();
        let whole = widest.unwrap_or(0).max(LEAST) + natural(1) + natural(2);
        if room < 4 * LEAST || (page.paths == Paths::Below && whole > room) {
            return self.stacked(page.width);
        }
        let (from, to) = places(natural(1), natural(2), room, page);
        // In a pipe nothing is cut, so that the longest word has its column.
        let least = match page.shortens() {
            true => LEAST,
            false => widest.unwrap_or(0).max(2 * LEAST),
        };
        let names = natural(0).min(room.saturating_sub(from + to).max(least));
        let widths = [names, from, to];
        let short = match page.shortens() {
            true => Some(self.shortened(&widths)),
            false => None,
        };
        let mut out = String::new();
        let heading = self.heading.map(str::to_owned);
        out.push_str(&paint(palette::FAINT, &self.line(self.lead, &heading, &widths, None)));
        for (lead, cells) in &self.rows {
            out.push_str(&self.line(lead, cells, &widths, short.as_ref()));
        }
        out
    }

    /// What stands in place of each word that is wider than its column: short enough, and for two files never the same.
    fn shortened(&self, widths: &[usize; 3]) -> Short {
        let mut short = Short::new();
        for (_, cells) in &self.rows {
            for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
                for word in cell.split(' ').filter(|word| display_width(word) > *width) {
                    short.insert((column, word.to_owned()), (0, shortened(word, *width)));
                }
            }
        }
        loop {
            let mut meant: BTreeMap<String, &str> = BTreeMap::new();
            let mut unclear: Vec<String> = Vec::new();
            for ((_, word), (_, short)) in &short {
                let file = file(short).to_owned();
                match meant.get(&file) {
                    Some(other) if *other != self::file(word) => unclear.push(file),
                    Some(_) => {}
                    None => {
                        meant.insert(file, self::file(word));
                    }
                }
            }
            let mut is_done = true;
            for ((column, word), (tries, text)) in &mut short {
                if unclear.iter().any(|unclear| unclear == file(text)) && *tries < OTHERS.len() {
                    *text = OTHERS[*tries](word, widths[*column]);
                    *tries += 1;
                    is_done = false;
                }
            }
            if is_done {
                return short;
            }
        }
    }

    /// A row of the table, in as many lines as its cells need.
    fn line(&self, lead: &str, cells: &[String; 3], widths: &[usize; 3], short: Option<&Short>) -> String {
        let cells = cells.iter().zip(widths).enumerate();
        let wrapped: Vec<Vec<String>> = cells
            .map(|(column, (cell, width))| wrapped(cell, column, *width, short))
            .collect();
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
    if !page.shortens() {
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

/// The words of a column that are too wide for it: how often another text was looked for, and what is shown.
type Short = BTreeMap<(usize, String), (usize, String)>;

/// How a path is shortened where the usual way makes it the same as another one's, in the order in which that is tried.
const OTHERS: [fn(&str, usize) -> String; 3] = [without_default, tail, |word, _| word.to_owned()];

/// The file that a cell's word names, without the lines in it.
fn file(word: &str) -> &str {
    word.split(':').next().unwrap_or(word)
}

/// A cell in lines of its width. A path that is wider is cut in front where the page is a terminal.
fn wrapped(cell: &str, column: usize, width: usize, short: Option<&Short>) -> Vec<String> {
    let shown = |word: &str| short.and_then(|short| Some(short.get(&(column, word.to_owned()))?.1.clone()));
    let words: Vec<String> = cell
        .split(' ')
        .map(|word| shown(word).unwrap_or_else(|| word.to_owned()))
        .collect();
    let text = wrap(&words.join(" "), Width(width), "", "");
    let lines = text.lines().flat_map(|line| match short.is_some() {
        true => textwrap::core::break_words(vec![textwrap::core::Word::from(line)], width)
            .iter()
            .map(|part| part.word.to_owned())
            .collect(),
        false => vec![line.to_owned()],
    });
    lines.collect()
}

/// The end of a path (of files or of attributes), behind an ellipsis: whole names as far as they fit. `default.nix` alone
/// names nothing: its directory stands for it then.
fn shortened(word: &str, width: usize) -> String {
    match names(word, width) {
        Some(end) if end.starts_with("…/default.nix") => without_default(word, width),
        Some(end) => end,
        None => tail(&word.replacen("/default.nix", "/", 1), width),
    }
}

/// The last names of a path, as many as there is room for; `None` where that is none.
fn names(word: &str, width: usize) -> Option<String> {
    let room = width.saturating_sub(2);
    let border = if word.contains('/') { '/' } else { '.' };
    let ends = word.match_indices(border).map(|(at, _)| &word[at + 1..]);
    let mut fitting = ends.filter(|end| display_width(end) <= room && end.starts_with(|c: char| c != ':'));
    fitting.next().map(|end| format!("…{border}{end}"))
}

/// A place for `width` columns.
pub fn fitted(place: &str, width: usize) -> String {
    match display_width(place) > width {
        true => shortened(place, width),
        false => place.to_owned(),
    }
}

/// As [`shortened`], with the directory that is meant by its `default.nix`.
fn without_default(word: &str, width: usize) -> String {
    let text = word.replacen("/default.nix", "/", 1);
    match display_width(&text) > width {
        true => names(&text, width).unwrap_or_else(|| tail(&text, width)),
        false => text,
    }
}

/// The beginning of a text of `width` columns, before an ellipsis where that is not all of it.
pub fn head(text: &str, width: usize) -> String {
    if display_width(text) <= width {
        return text.to_owned();
    }
    let mut used = 1;
    let fits = |c: &char| {
        used += display_width(c.encode_utf8(&mut [0; 4]));
        used <= width
    };
    let kept: String = text.chars().take_while(fits).collect();
    format!("{}…", kept.trim_end_matches([' ', ',']))
}

/// The end of a path behind an ellipsis, as much as there is room for.
fn tail(word: &str, width: usize) -> String {
    let mut used = 1;
    let fits = |c: &char| {
        used += display_width(c.encode_utf8(&mut [0; 4]));
        used <= width
    };
    let kept: Vec<char> = word.chars().rev().take_while(fits).collect();
    format!("…{}", kept.into_iter().rev().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::plain;

    #[test]
    fn two_files_are_never_shown_as_one() {
        let row = |from: &str, to: &str| (String::new(), ["a".to_owned(), from.to_owned(), to.to_owned()]);
        let grid = Grid {
            lead: "     ",
            heading: ["what", "stands at", "will stand in"],
            rows: vec![
                row(
                    "modules/server/homeAssistant/default.nix:10",
                    "modules/server/media/homeAssistant/default.nix",
                ),
                row(
                    "modules/server/passwordManager/default.nix:7",
                    "modules/server/media/passwordManager/default.nix",
                ),
                row("modules/server/passwordManager/default.nix:9", ""),
            ],
        };
        for width in 69..110 {
            let text = plain(&grid.text(Page::of(width, true)));
            let lines: Vec<&str> = text.lines().skip(1).collect();
            assert!(lines.iter().all(|line| display_width(line) <= width), "{text}");
            if lines.len() != 3 {
                // A path in several lines is whole.
                continue;
            }
            let cells: Vec<Vec<&str>> = lines
                .iter()
                .map(|line| line.split_whitespace().map(file).collect())
                .collect();
            assert_ne!(cells[0][1], cells[1][1], "{width}: {text}");
            assert_ne!(cells[0][2], cells[1][2], "{width}: {text}");
            assert_eq!(cells[1][1], cells[2][1], "{width}: {text}");
        }
    }

    #[test]
    fn a_path_is_cut_in_front() {
        assert_eq!(
            shortened("modules/server/media/video/default.nix:60", 24),
            "…/video/default.nix:60"
        );
        assert_eq!(shortened("very-long-name-without-a-directory", 10), "…directory");
        assert_eq!(
            shortened("modules/server/passwordManager/default.nix:7", 24),
            "…/passwordManager/:7"
        );
        assert_eq!(
            shortened("modules/server/passwordManager/default.nix:7", 12),
            "…dManager/:7"
        );
    }
}
