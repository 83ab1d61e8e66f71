//! The status for people: a table, the gaps, what is in the way, and a line of totals.

use std::fmt::Write as _;
use std::path::Path;

use anstyle::Style;
use textwrap::core::display_width;

use super::{Answer, Elsewhere, Pattern, Service, Status, UNSAVED_STATE, texts};

use crate::error::Place;
use crate::review::summary::{Page, Width, wrap};
use crate::term::foreign::visible;
use crate::term::palette::{self, paint};

/// Between two columns.
const GUTTER: &str = "  ";
/// The width of the progress bar, brackets aside.
const BAR: usize = 10;
/// How many files outside the hosts are named before the rest is only counted.
const NAMED: usize = 5;

/// The whole text, styled.
pub fn render(status: &Status, page: Page) -> String {
    let width = page.width.0;
    let mut out = String::new();
    if !status.services.is_empty() {
        out.push_str(&table(status, page));
    }
    out.push_str(&gaps(&status.services, width));
    out.push_str(&blocked(&status.services, width));
    out.push_str(&notes(status, width));
    if !out.is_empty() {
        out.push('\n');
    }
    out.push_str(&totals(status));
    out
}

/// One cell: its text as it is shown, and its style.
struct Cell {
    text: String,
    style: Style,
}

fn cell(text: impl Into<String>, style: Style) -> Cell {
    Cell {
        // A cell has one line.
        text: visible(&text.into()).replace('\n', "^J").replace('\t', "^I"),
        style,
    }
}

fn plain(text: impl Into<String>) -> Cell {
    cell(text, Style::new())
}

const HEADINGS: [&str; 7] = ["SERVICE", "PATTERN", "ON", "PORT", "EXPOSED", "KEPT", "BACKUP"];
const PLACE: &str = "PLACE";

/// The column of ports, whose numbers end together.
const PORT: usize = 3;

/// Which columns are left out first where a terminal has no room for all; the place goes before them.
const LEAST_NEEDED: [usize; 5] = [5, 4, 3, 6, 2];
/// The least room for places: a shorter end of a path says nothing.
const LEAST_PLACE: usize = 12;

fn table(status: &Status, page: Page) -> String {
    let rows: Vec<[Cell; 7]> = status.services.iter().map(row).collect();
    let mut widths = HEADINGS.map(str::len);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(display_width(&cell.text));
        }
    }
    let (columns, room) = columns(&widths, page);
    let mut out = String::new();
    let mut line: Vec<String> = columns
        .iter()
        .map(|at| pad(HEADINGS[*at], widths[*at], *at == PORT))
        .collect();
    line.extend(room.map(|_| PLACE.to_owned()));
    let _ = writeln!(out, "{}", paint(palette::TITLE, line.join(GUTTER).trim_end()));
    for (row, service) in rows.iter().zip(&status.services) {
        let mut line: Vec<String> = columns
            .iter()
            .map(|at| painted(&row[*at], widths[*at], *at == PORT))
            .collect();
        line.extend(room.map(|room| {
            let place = shorten(&service.place, &status.server, room);
            paint(palette::FAINT, &visible(&place))
        }));
        let _ = writeln!(out, "{}", line.join(GUTTER).trim_end());
    }
    let missing = (0..HEADINGS.len())
        .filter(|at| !columns.contains(at))
        .map(|at| HEADINGS[at]);
    let missing: Vec<&str> = missing.chain(room.is_none().then_some(PLACE)).collect();
    out.push_str(&legend(&rows, &columns, &missing, page));
    out
}

/// The columns that are shown, and the room for places, if there is any.
fn columns(widths: &[usize; 7], page: Page) -> (Vec<usize>, Option<usize>) {
    let mut columns: Vec<usize> = (0..widths.len()).collect();
    if !page.shortens() {
        return (columns, Some(usize::MAX));
    }
    let used = |columns: &[usize]| -> usize { columns.iter().map(|at| widths[*at] + GUTTER.len()).sum() };
    let room = page.width.0.saturating_sub(used(&columns));
    if room >= LEAST_PLACE {
        return (columns, Some(room));
    }
    for least in LEAST_NEEDED {
        if used(&columns) - GUTTER.len() <= page.width.0 {
            break;
        }
        columns.retain(|at| *at != least);
    }
    (columns, None)
}

/// What the marks mean that occur, and which columns there was no room for.
fn legend(rows: &[[Cell; 7]], columns: &[usize], missing: &[&str], page: Page) -> String {
    let occurs = |mark: char| {
        let cells = rows.iter().flat_map(|row| columns.iter().skip(1).map(|at| &row[*at]));
        cells.into_iter().any(|cell| cell.text.ends_with(mark))
    };
    let has = |text: &str| rows.iter().any(|row| row[1].text == text);
    let counts = columns.iter().any(|at| HEADINGS[*at] == "KEPT");
    let words = [(counts, texts::COUNTS), (has("undeclared"), texts::UNDECLARED)];
    let marks = [('!', texts::NOT_ALL_BACKED_UP), ('?', texts::NOT_KNOWN)];
    let words = words
        .into_iter()
        .filter(|(is_there, _)| *is_there)
        .map(|(_, text)| text.to_owned());
    let marks = marks.into_iter().filter(|(mark, _)| occurs(*mark));
    let marks = marks.map(|(mark, text)| format!("{mark} {text}"));
    let mut said: Vec<String> = words.chain(marks).collect();
    if !missing.is_empty() {
        said.push(texts::no_room(missing));
    }
    if said.is_empty() {
        return String::new();
    }
    let text = wrap(&said.join("; "), page.width, "", "  ");
    format!("\n{}\n", paint(palette::FAINT, &text))
}

/// Blanks stay unstyled, so that a style with a background or a line would not run on.
fn painted(cell: &Cell, width: usize, right: bool) -> String {
    let text = pad(&cell.text, width, right);
    match cell.text.is_empty() {
        true => text,
        false => text.replace(&cell.text, &paint(cell.style, &cell.text)),
    }
}

fn row(service: &Service) -> [Cell; 7] {
    [
        plain(&service.name),
        match service.pattern {
            Pattern::Contract => cell("contract", palette::GOOD),
            Pattern::Legacy => plain("legacy"),
            Pattern::Undeclared => cell("undeclared", palette::WARNING),
        },
        match &service.enabled {
            Answer::Known(true) => plain("yes"),
            Answer::Known(false) => cell("no", palette::FAINT),
            Answer::Unknown(_) => plain("?"),
        },
        match &service.port {
            Some(Answer::Known(port)) => plain(port.to_string()),
            Some(Answer::Unknown(_)) => plain("?"),
            None => cell("-", palette::FAINT),
        },
        match &service.exposed {
            Some(Answer::Known(access)) => plain(access),
            Some(Answer::Unknown(_)) => plain("?"),
            None => cell("no", palette::FAINT),
        },
        match service.unseen {
            Some(_) => plain("?"),
            None => number(service.persisted.len()),
        },
        match service.gaps.iter().any(|gap| gap.code == UNSAVED_STATE) {
            _ if service.unseen.is_some() => plain("?"),
            true => cell(format!("{}!", service.backed_up.len()), palette::WARNING),
            false => number(service.backed_up.len()),
        },
    ]
}

/// How many paths; a sign for none, which is easier to see among numbers.
fn number(count: usize) -> Cell {
    match count {
        0 => cell("-", palette::FAINT),
        count => plain(count.to_string()),
    }
}

fn pad(text: &str, width: usize, right: bool) -> String {
    let blanks = " ".repeat(width.saturating_sub(display_width(text)));
    if right {
        blanks + text
    } else {
        text.to_owned() + &blanks
    }
}

/// The place where there is room for it; with less, without the server's directory and without `default.nix`, which a
/// directory means in Nix; and then its end, which tells it apart.
fn shorten(place: &Place, server: &Path, room: usize) -> String {
    let fits = |text: &String| display_width(text) <= room;
    let with_line = |path: &str| format!("{path}:{}", place.line);
    let whole = with_line(&place.path.display().to_string());
    let below = place
        .path
        .strip_prefix(server)
        .unwrap_or(&place.path)
        .display()
        .to_string();
    let directory = with_line(below.strip_suffix("default.nix").unwrap_or(&below));
    let mut tries = [whole, with_line(&below)].into_iter();
    if let Some(text) = tries.find(fits) {
        return text;
    }
    if fits(&directory) {
        return directory;
    }
    let mut kept = String::new();
    let mut used = 1;
    for c in directory.chars().rev() {
        used += display_width(c.encode_utf8(&mut [0; 4]));
        if used > room {
            break;
        }
        kept.insert(0, c);
    }
    format!("…{kept}")
}

/// What is missing of the services, or left over.
pub fn gaps(services: &[Service], width: usize) -> String {
    let all: Vec<(&str, &str, &str, &Place)> = services
        .iter()
        .flat_map(|s| s.gaps.iter().map(|g| (s.name.as_str(), "", g.text.as_str(), &g.place)))
        .collect();
    section("Gaps", palette::WARNING, &all, width)
}

/// Why services cannot be migrated.
pub fn blocked(services: &[Service], width: usize) -> String {
    let all: Vec<(&str, &str, &str, &Place)> = services
        .iter()
        .filter_map(|s| {
            let error = s.blocked.as_ref()?;
            Some((
                s.name.as_str(),
                error.code(),
                error.message(),
                error.place().unwrap_or(&s.place),
            ))
        })
        .collect();
    section(texts::BLOCKED, palette::BAD, &all, width)
}

/// A titled list of what concerns single services, each with its place on a line of its own.
pub fn section(title: &str, style: Style, items: &[(&str, &str, &str, &Place)], width: usize) -> String {
    if items.is_empty() {
        return String::new();
    }
    let mut out = format!("\n{}\n", paint(style, &format!("{title} ({})", items.len())));
    for (service, code, text, place) in items {
        let code = if code.is_empty() {
            String::new()
        } else {
            format!(" [{code}]")
        };
        let text = format!("{service}{code}: {text}");
        let _ = writeln!(out, "{}", wrap(&visible(&text), Width(width), "  ", "    "));
        let _ = writeln!(out, "    {}", paint(palette::FAINT, &visible(&place.to_string())));
    }
    out
}

/// What concerns no single service.
fn notes(status: &Status, width: usize) -> String {
    let mut lines = Vec::new();
    if !status.installed && !status.services.is_empty() {
        lines.push(texts::NOT_INSTALLED.to_owned());
    }
    for fault in &status.faults {
        lines.push(match fault.causes().next() {
            Some(cause) => format!("{fault}: {cause}"),
            None => fault.to_string(),
        });
    }
    let (named, all): (Vec<String>, usize) = match &status.elsewhere {
        Elsewhere::Sure(places) => (places.iter().take(NAMED).map(Place::to_string).collect(), places.len()),
        Elsewhere::Likely(paths) => (
            paths.iter().take(NAMED).map(|p| p.display().to_string()).collect(),
            paths.len(),
        ),
    };
    if all > 0 {
        let sure = matches!(status.elsewhere, Elsewhere::Sure(_));
        lines.push(texts::elsewhere(&named, all, sure, &status.host));
    }
    if !status.untested.is_empty() {
        lines.push(texts::untested(&status.untested));
    }
    let mut out = String::new();
    for line in lines {
        let _ = writeln!(out, "{}", wrap(&visible(&line), Width(width), "note: ", "      "));
    }
    if out.is_empty() { out } else { format!("\n{out}") }
}

fn totals(status: &Status) -> String {
    let totals = status.totals();
    if totals.services == 0 {
        return format!("{}\n", texts::no_services(&status.host));
    }
    let done = BAR * totals.migrated / totals.services;
    let bar = format!(
        "[{}{}]",
        paint(palette::GOOD, &"#".repeat(done)),
        "-".repeat(BAR - done)
    );
    let head = format!("{} of {} migrated", totals.migrated, totals.services);
    let rest = [
        (totals.legacy, "legacy"),
        (totals.undeclared, "undeclared"),
        (totals.gaps, if totals.gaps == 1 { "gap" } else { "gaps" }),
        (totals.blocked, "blocked"),
    ];
    let rest: Vec<String> = rest
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    let tail = if rest.is_empty() {
        String::new()
    } else {
        format!("; {}", rest.join(", "))
    };
    format!("{bar} {}{tail}\n", paint(palette::TITLE, &head))
}
