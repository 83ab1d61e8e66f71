//! The diff side by side: before on the left, after on the right.

use textwrap::core::display_width;

use super::aligned::{Aligned, Row};
use super::diff::Rendered;
use super::folded::{Shown, render_with, said};
use super::hunks::{Piece, emphasised};
use crate::edit::SourceChange;
use crate::term::foreign::visible;
use crate::term::palette::{self, paint, paint_into};

/// Narrower than this a column holds no code.
const NARROWEST: usize = 16;

/// A side of a line: its sign, its pieces, and how it looks where it stays and where it differs.
struct Cell<'t> {
    sign: char,
    pieces: Vec<Piece<'t>>,
    styles: (anstyle::Style, anstyle::Style),
}

/// The diff of a change for a page of `width` columns, folded as the unified one is.
pub fn render(change: &SourceChange, width: usize) -> Rendered {
    let room = (width.saturating_sub(3) / 2).max(NARROWEST);
    render_with(change, |file, files, part, text| {
        let mut rest = part.shown.as_slice();
        while !rest.is_empty() {
            let gone = rest.iter().take_while(|shown| is_gone(shown)).count();
            let come = rest[gone..].iter().take_while(|shown| is_come(shown)).count();
            let taken = (gone + come).max(1);
            lines(file, files, &rest[..taken], gone, room, text);
            rest = &rest[taken..];
        }
    })
}

fn is_gone(shown: &Shown) -> bool {
    matches!(shown, Shown::Row(Row::Removed(..)) | Shown::Away(..))
}

fn is_come(shown: &Shown) -> bool {
    matches!(shown, Shown::Row(Row::Added(..)) | Shown::Here(..))
}

/// What goes beside what comes, or one line that has both sides.
fn lines(file: &Aligned<'_>, files: &[Aligned<'_>], block: &[Shown], gone: usize, room: usize, text: &mut String) {
    if let [one] = block
        && !is_gone(one)
        && !is_come(one)
    {
        let (left, right) = both(file, files, *one, room);
        return beside(left.as_deref(), right.as_deref(), room, text);
    }
    let (left, right) = block.split_at(gone);
    for at in 0..left.len().max(right.len()) {
        let cell = |side: &[Shown]| side.get(at).map(|shown| one_side(file, files, *shown, room));
        beside(cell(left).as_deref(), cell(right).as_deref(), room, text);
    }
}

fn one_side(file: &Aligned<'_>, files: &[Aligned<'_>], shown: Shown, room: usize) -> Vec<String> {
    let faint = (palette::FAINT, palette::FAINT);
    let cell = match shown {
        Shown::Row(Row::Removed(line, moved)) => Cell {
            sign: '-',
            pieces: vec![(file.old[line], false)],
            styles: moved.map_or((palette::REMOVED, palette::REMOVED_WORD), |_| faint),
        },
        Shown::Row(Row::Added(line, moved)) => Cell {
            sign: '+',
            pieces: vec![(file.new[line], false)],
            styles: moved.map_or((palette::ADDED, palette::ADDED_WORD), |_| faint),
        },
        folded => return fold(file, files, folded, room),
    };
    wrapped(&cell, room)
}

fn fold(file: &Aligned<'_>, files: &[Aligned<'_>], folded: Shown, room: usize) -> Vec<String> {
    let (sign, said) = said(file, files, folded);
    let said = format!(" … {said}");
    let cell = Cell {
        sign,
        pieces: vec![(&said, false)],
        styles: (palette::FAINT, palette::FAINT),
    };
    wrapped(&cell, room)
}

type Sides = (Option<Vec<String>>, Option<Vec<String>>);

fn both(file: &Aligned<'_>, files: &[Aligned<'_>], shown: Shown, room: usize) -> Sides {
    let cell = |sign, pieces, styles| Cell { sign, pieces, styles };
    let plain = (anstyle::Style::new(), anstyle::Style::new());
    let faint = (palette::FAINT, palette::FAINT);
    let (left, right) = match shown {
        Shown::Row(Row::Same(old, new)) => (
            cell(' ', vec![(file.old[old], false)], plain),
            cell(' ', vec![(file.new[new], false)], plain),
        ),
        Shown::Row(Row::Indented(old, new)) => (
            cell('~', vec![(file.old[old], false)], faint),
            cell('~', vec![(file.new[new], false)], faint),
        ),
        Shown::Row(Row::Changed(old, new)) => {
            let (left, right) = emphasised(file.old[old], file.new[new]);
            (
                cell('-', left, (palette::REMOVED, palette::REMOVED_WORD)),
                cell('+', right, (palette::ADDED, palette::ADDED_WORD)),
            )
        }
        folded => {
            let lines = fold(file, files, folded, room);
            return (Some(lines), None);
        }
    };
    (Some(wrapped(&left, room)), Some(wrapped(&right, room)))
}

/// A cell in lines of at most `room` columns.
fn wrapped(cell: &Cell<'_>, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    paint_into(&mut line, cell.styles.0, cell.sign.encode_utf8(&mut [0; 4]));
    let mut used = 1;
    for (piece, differs) in &cell.pieces {
        let style = if *differs { cell.styles.1 } else { cell.styles.0 };
        let shown = visible(piece.strip_suffix('\n').unwrap_or(piece)).replace('\t', "    ");
        let mut part = String::new();
        for c in shown.chars() {
            let wide = display_width(c.encode_utf8(&mut [0; 4]));
            if used + wide > room {
                paint_into(&mut line, style, &part);
                part.clear();
                lines.push(std::mem::replace(&mut line, " ".to_owned()));
                used = 1;
            }
            part.push(c);
            used += wide;
        }
        paint_into(&mut line, style, &part);
    }
    lines.push(line);
    lines
}

/// Puts the lines of two cells beside each other.
fn beside(left: Option<&[String]>, right: Option<&[String]>, room: usize, text: &mut String) {
    let (left, right) = (left.unwrap_or_default(), right.unwrap_or_default());
    for at in 0..left.len().max(right.len()) {
        let one = left.get(at).map_or("", String::as_str);
        let other = right.get(at).map_or("", String::as_str);
        let width = display_width(&anstream::adapter::strip_str(one).to_string());
        let gap = " ".repeat(room.saturating_sub(width));
        let bar = paint(palette::FAINT, "│");
        text.push_str(format!("{one}{gap} {bar} {other}").trim_end());
        text.push('\n');
    }
}
