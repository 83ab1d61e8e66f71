//! Lines that fit a terminal: what is longer goes on below, and no word is cut by the terminal's edge.

use textwrap::core::display_width;

/// The text with each line that is wider than `width` divided at its blanks; what is wider by itself is divided behind the
/// last of its slashes or dots that has room. A line goes on below its own beginning, two columns further in. A command of
/// this program goes on behind a backslash, so that it can be copied.
pub fn fit(text: &str, width: usize) -> String {
    let lines: Vec<String> = text.split('\n').map(|line| fit_line(line, width)).collect();
    lines.join("\n")
}

fn fit_line(line: &str, width: usize) -> String {
    if display_width(line) <= width {
        return line.to_owned();
    }
    let body = line.trim_start_matches(' ');
    let first = line.len() - body.len();
    let indent = " ".repeat((first + 2).min(width / 2));
    let mut out = " ".repeat(first);
    let mut used = first;
    let mut is_empty = true;
    for mut word in units(body) {
        let is_command = word.contains(' ');
        let blank = usize::from(!is_empty);
        if used + blank + display_width(word) > width && !is_empty {
            out.truncate(out.trim_end_matches(' ').len());
            out.push('\n');
            out.push_str(&indent);
            used = indent.len();
        } else if !is_empty {
            out.push(' ');
            used += 1;
        }
        while let Some(at) = is_command
            .then(|| continued(word, width.saturating_sub(used)))
            .flatten()
        {
            out.push_str(&word[..at]);
            out.push_str(" \\\n");
            out.push_str(&indent);
            used = indent.len();
            word = &word[at + 1..];
        }
        while used + display_width(word) > width {
            let at = division(word, width.saturating_sub(used).max(1));
            out.push_str(&word[..at]);
            out.push('\n');
            out.push_str(&indent);
            used = indent.len();
            word = &word[at..];
        }
        out.push_str(word);
        used += display_width(word);
        is_empty = false;
    }
    out
}

/// The last blank of a command before which, and before a backslash, there is `room`; `None` where all of it has room, or no
/// part of it.
fn continued(command: &str, room: usize) -> Option<usize> {
    if display_width(command) <= room {
        return None;
    }
    let blanks = command.match_indices(' ').map(|(at, _)| at);
    blanks
        .take_while(|at| display_width(&command[..*at]) + 2 <= room)
        .last()
}

/// The words of a line; a command that stands behind a colon, at the line's beginning or between backticks is one.
fn units(line: &str) -> Vec<&str> {
    let mut units = Vec::new();
    let (mut from, mut is_command, mut begins) = (0, false, true);
    let ends: Vec<usize> = line.match_indices(' ').map(|(at, _)| at).chain([line.len()]).collect();
    let mut start = 0;
    for end in ends {
        let word = &line[start..end];
        let plain = anstream::adapter::strip_str(word).to_string();
        is_command |= plain == "`qgroget" || begins && plain == "qgroget";
        let next = line[end..].trim_start_matches(' ');
        let goes_on =
            is_command && !next.is_empty() && !next.starts_with('(') && !plain.ends_with(['`', ',', ';', ':']);
        if !goes_on {
            units.push(&line[from..end]);
            from = end + 1;
            is_command = false;
        }
        begins = plain.ends_with(':');
        start = end + 1;
    }
    units
}

/// Where a word that is wider than `room` is divided, in bytes.
fn division(word: &str, room: usize) -> usize {
    let mut columns = 0;
    let mut is_style = false;
    let (mut sign, mut last) = (None, None);
    for (at, character) in word.char_indices() {
        let end = at + character.len_utf8();
        if is_style || character == '\u{1b}' {
            is_style = character != 'm';
            continue;
        }
        columns += display_width(&word[at..end]);
        if columns > room {
            break;
        }
        last = Some(end);
        if matches!(character, '/' | '.' | ',' | '=') {
            sign = Some(end);
        }
    }
    sign.or(last).filter(|at| *at < word.len()).unwrap_or(word.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_divided_at_its_blanks() {
        assert_eq!(fit("one two three", 9), "one two\n  three");
        assert_eq!(fit("  one two three\nfour", 9), "  one two\n    three\nfour");
        assert_eq!(fit("short", 9), "short");
    }

    #[test]
    fn a_long_path_is_divided_at_its_slashes() {
        let path = "modules/server/media/jellyfin/default.nix";
        assert_eq!(fit(path, 24), "modules/server/media/\n  jellyfin/default.nix");
        assert_eq!(fit("0123456789", 6), "012345\n  6789");
    }

    #[test]
    fn a_command_can_be_copied() {
        let line = "go on: qgroget migrate jellyfin --dry-run (--yes: at once)";
        assert_eq!(
            fit(line, 20),
            "go on:\n  qgroget migrate \\\n  jellyfin --dry-run\n  (--yes: at once)"
        );
        let line = "or `qgroget undo x y`, so that nothing of qgroget stays";
        assert_eq!(
            fit(line, 24),
            "or `qgroget undo x y`,\n  so that nothing of\n  qgroget stays"
        );
    }

    #[test]
    fn styles_take_no_room() {
        let styled = "\u{1b}[1mone\u{1b}[0m two";
        assert_eq!(fit(styled, 7), styled);
        assert_eq!(fit("\u{1b}[1mabc/def\u{1b}[0m", 4), "\u{1b}[1mabc/\n  de\n  f\u{1b}[0m");
    }
}
