//! The summary of a plan is what its operations do: read off the page, against the change.

use std::collections::BTreeSet;

use qgroget::edit::SourceChange;
use qgroget::plan::migrate::Migration;
use qgroget::plan::{Accepted, Proposal, Safety};
use qgroget::review::summary::{self, Detail, Page};
use qgroget::review::view;

/// A row of the table as a person reads it.
#[derive(Debug)]
struct Line {
    number: usize,
    gains: bool,
    what: String,
    from: String,
    to: String,
}

/// Reads the table off the page, by the columns of its heading.
fn read(text: &str) -> Vec<Line> {
    let mut lines = text
        .lines()
        .skip_while(|line| !line.trim_start().starts_with("#  what"));
    let heading = lines.next().unwrap_or_default();
    let column = |name: &str| heading.find(name).unwrap_or_else(|| panic!("{name} in {heading:?}"));
    let (from, to) = (column("stands at"), column("will stand in"));
    let part = |line: &str, start: usize, end: usize| -> String {
        let inside: String = line.chars().skip(start).take(end - start).collect();
        inside.trim().to_owned()
    };
    let mut rows: Vec<Line> = Vec::new();
    let mut number = 0;
    let mut gains = false;
    for line in lines.take_while(|line| !line.is_empty()) {
        let digits = part(line, 0, 3);
        let cells = [part(line, 5, from), part(line, from, to), part(line, to, usize::MAX)];
        if let Ok(next) = digits.parse() {
            number = next;
            gains = part(line, 3, 4) == "+";
        }
        // A row begins where all that it can have begins; what is wrapped goes on in some of its cells.
        let begins =
            !digits.is_empty() || (!cells[1].is_empty() && !cells[1].starts_with(|c: char| c.is_ascii_digit()));
        let joined = |cell: &mut String, more: &str| {
            if !cell.is_empty() && !more.is_empty() {
                cell.push(' ');
            }
            cell.push_str(more);
        };
        match rows.last_mut() {
            Some(last) if !begins => {
                joined(&mut last.what, &cells[0]);
                joined(&mut last.from, &cells[1]);
                joined(&mut last.to, &cells[2]);
            }
            _ => {
                let [what, from, to] = cells;
                rows.push(Line {
                    number,
                    gains,
                    what,
                    from,
                    to,
                });
            }
        }
    }
    rows
}

/// Whether an edit touches a line of a file, or the file goes or moves with it.
fn goes(change: &SourceChange, path: &str, line: usize) -> bool {
    let is_it =
        |file: &&qgroget::edit::FileChange| file.from.as_deref().is_some_and(|from| from.to_string_lossy() == path);
    change.files.iter().filter(is_it).any(|file| {
        let start: usize = file.before.split_inclusive('\n').take(line - 1).map(str::len).sum();
        let length = file.before[start..].split_inclusive('\n').next().map_or(0, str::len);
        let touched = |edit: &qgroget::edit::TextEdit| edit.range.start < start + length && edit.range.end > start;
        file.from != file.to || file.edits.iter().any(touched)
    })
}

/// `12, 60-62` as lines.
fn numbers(said: &str) -> Vec<usize> {
    let number = |text: &str| text.trim().parse::<usize>().unwrap_or_else(|_| panic!("{said}"));
    let ranges = said.split(", ").map(|part| match part.split_once('-') {
        Some((first, last)) => number(first)..=number(last),
        None => number(part)..=number(part),
    });
    ranges.flatten().collect()
}

/// On the smallest screen each change has its title, and none of what is left goes without a word.
fn short(migration: &Migration, accepted: &Accepted) {
    let styled = summary::text(migration, accepted, None, Page::of(200, true), Detail::Groups);
    let text = anstream::adapter::strip_str(&styled).to_string();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown = words(&text);
    for group in migration.offered() {
        assert!(shown.contains(&words(&group.title)), "{}: {text}", group.title);
        let files = group.moves.iter().filter_map(|one| one.from.as_ref());
        if let Some(place) = files.into_iter().next() {
            let name = place.path.file_name().unwrap().to_string_lossy().into_owned();
            let directory = place.path.parent().unwrap().file_name().unwrap_or_default();
            let named = shown.contains(&name) || shown.contains(&*directory.to_string_lossy());
            assert!(named, "{}: {text}", place.path.display());
        }
    }
    for left in migration.skipped() {
        let beginning: String = words(&left.what).chars().take(60).collect();
        assert!(shown.contains(&beginning), "{}: {text}", left.what);
    }
}

pub fn check(migration: &Migration, accepted: &Accepted, change: &SourceChange) {
    let page = Page::of(100, false);
    let styled = summary::text(migration, accepted, None, page, Detail::All);
    let text = anstream::adapter::strip_str(&styled).to_string();
    let what = migration.name();
    short(migration, accepted);
    let lines = read(&text);
    let (contract, module) = migration.contract(accepted).unwrap();
    let module = module.display().to_string();
    assert!(
        text.starts_with(&format!("{what}: ")) && text.contains(&contract) && text.contains(&module),
        "{text}"
    );

    let paths = |side: fn(&qgroget::edit::FileChange) -> Option<&std::path::PathBuf>| -> BTreeSet<String> {
        change
            .files
            .iter()
            .filter_map(side)
            .map(|path| path.display().to_string())
            .collect()
    };
    let (before, after) = (paths(|file| file.from.as_ref()), paths(|file| file.to.as_ref()));
    let mut named = BTreeSet::from([module]);
    for line in &lines {
        if line.from != "(new)" {
            let (path, at) = line
                .from
                .rsplit_once(':')
                .unwrap_or_else(|| panic!("{what}: {line:?}\n{text}"));
            assert!(before.contains(path), "{what}: {path} is not touched\n{text}");
            for number in numbers(at) {
                assert!(
                    goes(change, path, number),
                    "{what}: {path}:{number} stays as it is\n{text}"
                );
            }
            named.insert(path.to_owned());
        }
        let goal = line.to.split(": ").next().unwrap_or_default().to_owned();
        if !["the contract", "(removed)", "section 3"].contains(&&*goal) {
            assert!(
                after.contains(&goal),
                "{what}: nothing stands in {goal:?} afterwards\n{text}"
            );
            named.insert(goal);
        }
    }
    for path in before.union(&after) {
        assert!(
            named.contains(path),
            "{what}: {path} changes, and the table does not say so\n{text}"
        );
    }

    for group in migration.groups() {
        let own: Vec<&Line> = lines.iter().filter(|line| line.number == group.id.0 + 1).collect();
        let names: usize = own.iter().map(|line| line.what.split(", ").count()).sum();
        // What goes the same way is named once, however often it stands there.
        let moves: BTreeSet<_> = group
            .moves
            .iter()
            .map(|one| (&one.what, one.from.as_ref().map(|place| &place.path), &one.to))
            .collect();
        let moves: usize = moves.iter().map(|(what, _, _)| what.split(", ").count()).sum();
        assert_eq!(names, moves, "{what}: {}\n{text}", group.title);
        assert!(
            own.iter().all(|line| line.gains == (group.safety == Safety::Gains)),
            "{what}: {}\n{text}",
            group.title
        );
    }

    // What the figures say is what a diff without an eye for moves has, moves and indentation set apart.
    let stat = view::stat(change);
    let exact = |tag| {
        let hunks = change
            .files
            .iter()
            .flat_map(|file| qgroget::review::hunks::hunks(&file.before, &file.after));
        hunks.flat_map(|hunk| hunk.lines).filter(|line| line.tag == tag).count()
    };
    let net = |gone: usize, come: usize| come as i64 - gone as i64;
    assert_eq!(
        net(stat.removed, stat.added),
        net(
            exact(qgroget::review::hunks::Tag::Removed),
            exact(qgroget::review::hunks::Tag::Added)
        ),
        "{what}"
    );
}
