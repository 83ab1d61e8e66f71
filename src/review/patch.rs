//! `--format patch`: a patch that `git apply` takes, byte for byte.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::delta::between;
use super::hunks::{Tag, hunks};
use crate::edit::{FileChange, SourceChange};

/// The change as a git patch. Carriage returns, missing newlines at the end and unusual paths are kept.
///
/// A file that comes to stand where another one moves away from is written as a changed file: as a move and
/// a new file, git could apply the patch but not reverse it.
pub fn patch(change: &SourceChange) -> String {
    let mut out = String::new();
    for file in &between(&SourceChange::default(), change).files {
        for line in header(file) {
            out.push_str(&line);
            out.push('\n');
        }
        if file.before != file.after {
            body(file, &mut out);
        }
    }
    out
}

/// The lines between `diff --git` and `---`, both included as far as there are any.
fn header(file: &FileChange) -> Vec<String> {
    let (from, to) = (file.from.as_deref(), file.to.as_deref());
    let known = file.path();
    let mut lines = vec![format!(
        "diff --git {} {}",
        quoted("a/", from.unwrap_or(known)),
        quoted("b/", to.unwrap_or(known))
    )];
    match (from, to) {
        (None, _) => lines.push("new file mode 100644".to_owned()),
        (_, None) => lines.push("deleted file mode 100644".to_owned()),
        (Some(from), Some(to)) if from != to => {
            lines.push(format!("similarity index {}%", similarity(&file.before, &file.after)));
            lines.push(format!("rename from {}", quoted("", from)));
            lines.push(format!("rename to {}", quoted("", to)));
        }
        _ => {}
    }
    if file.before != file.after {
        lines.push(format!("--- {}", side("a/", from)));
        lines.push(format!("+++ {}", side("b/", to)));
    }
    lines
}

/// How alike two texts are, in per cent; 100 only if they are equal.
pub(super) fn similarity(before: &str, after: &str) -> usize {
    if before == after {
        return 100;
    }
    let same = hunks(before, after)
        .iter()
        .flat_map(|hunk| hunk.lines.clone())
        .fold(before.len(), |same, line| {
            if line.tag == Tag::Removed {
                same - line.text.len()
            } else {
                same
            }
        });
    (same * 100 / before.len().max(after.len()).max(1)).min(99)
}

fn body(file: &FileChange, out: &mut String) {
    for hunk in hunks(&file.before, &file.after) {
        out.push_str(&hunk.header());
        out.push('\n');
        for line in &hunk.lines {
            out.push(match line.tag {
                Tag::Same => ' ',
                Tag::Removed => '-',
                Tag::Added => '+',
            });
            out.push_str(line.text);
            if !line.text.ends_with('\n') {
                out.push_str("\n\\ No newline at end of file\n");
            }
        }
    }
}

/// A path behind `---` or `+++`: one with blanks ends with a tab, as git writes and reads it.
fn side(prefix: &str, path: Option<&Path>) -> String {
    let Some(path) = path else {
        return "/dev/null".to_owned();
    };
    let quoted = quoted(prefix, path);
    let blank = !quoted.starts_with('"') && quoted.contains(' ');
    format!("{quoted}{}", if blank { "\t" } else { "" })
}

/// A path as git writes it: quoted as in C where it holds anything but printable ASCII.
fn quoted(prefix: &str, path: &Path) -> String {
    let bytes = path.as_os_str().as_bytes();
    let plain = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    let mut out = String::from(prefix);
    if bytes.iter().all(plain) {
        out.extend(bytes.iter().map(|byte| char::from(*byte)));
        return out;
    }
    out.insert(0, '"');
    for byte in bytes {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(*byte)]),
            0x07..=0x0d => out.extend(['\\', char::from(b"abtnvfr"[usize::from(byte - 7)])]),
            byte if plain(byte) => out.push(char::from(*byte)),
            byte => out.push_str(&format!("\\{byte:03o}")),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
#[path = "patch_tests.rs"]
mod tests;
