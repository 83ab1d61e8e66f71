//! The line in a commit's message by which `undo` knows it again: after an amend, a rebase or a cherry-pick too.
//!
//! `Qgroget-Change: jellyfin <digest>` has a digest of what the commit changes: of each path its modes, the whole content
//! of a file that comes or goes, and of one that stays the changed lines in their order, with the line before and the line
//! after them. Git merges two changes only where a line lies between them, so a rebase or a cherry-pick without
//! conflicts leaves the digest as it is; any edit, also one that only moves lines, makes it another.
//! `Qgroget-Undo:` with the same words stands in the commit that takes it back.

use std::collections::BTreeMap;

use git2::Tree;
use sha2::{Digest, Sha256};
use similar::{Algorithm, DiffTag, capture_diff_slices};

use super::text;
use crate::edit::SourceChange;
use crate::error::{self, Result};
use crate::repo::git::{GitState, MODE_FILE};

/// The key of the line.
pub(super) const CHANGE: &str = "Qgroget-Change";
const UNDO: &str = "Qgroget-Undo";

const DIGITS: usize = 32;
const OLD_DIGITS: usize = 16;

/// What a commit changes, in short.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// The service, or what else was planned.
    pub name: String,
    /// A digest of the change: 32 hexadecimal digits. Earlier versions had 16, of another digest that did not see the
    /// order of lines.
    pub digest: String,
}

/// A mark as it stands in a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Marked {
    /// The commit makes the change.
    Change(Mark),
    /// The commit takes it back.
    Undo(Mark),
}

impl Mark {
    /// The mark of `change`, which was made for the root of `git`. Writes nothing. A file behind a filter is taken as it is
    /// in the working tree: the commit itself is marked by its trees.
    ///
    /// # Errors
    /// `git-failed`.
    pub fn of(name: &str, git: &GitState, change: &SourceChange) -> Result<Mark> {
        let tree = git.head_tree()?;
        let mut files = Files::new();
        for file in &change.files {
            let mut mode = MODE_FILE;
            let mut converted = false;
            if let Some(from) = &file.from {
                let path = git.repo_path(from)?;
                let committed = git.in_tree(tree.as_ref(), &path)?;
                if let Some((id, as_committed)) = committed {
                    mode = as_committed;
                    // Whether git has other line endings than the working tree.
                    converted = file.before.contains("\r\n")
                        && git
                            .repo()
                            .find_blob(id)
                            .is_ok_and(|blob| !blob.content().contains(&b'\r'));
                }
                put(&mut files, path, 0, mode, stored(&file.before, converted));
            }
            if let Some(to) = &file.to {
                put(&mut files, git.repo_path(to)?, 1, mode, stored(&file.after, converted));
            }
        }
        Ok(Mark {
            name: name.to_owned(),
            digest: digest(&files),
        })
    }

    /// Whether it is the mark of an earlier version, by which the commit's change is not known exactly.
    pub(super) fn is_old(&self) -> bool {
        self.digest.len() == OLD_DIGITS
    }

    /// The line for a message of a commit that makes the change.
    pub fn line(&self) -> String {
        format!("{CHANGE}: {} {}", self.name, self.digest)
    }

    /// The line for a message of a commit that takes it back.
    pub(super) fn undo_line(&self) -> String {
        format!("{UNDO}: {} {}", self.name, self.digest)
    }
}

/// The name of the commit that installs the contract, which every service needs.
pub(super) const INIT: &str = "init";
/// The name of the commit that brings an installed contract to another version.
pub(super) const UPGRADE: &str = "upgrade";
/// The name of the commit that removes what legacy services need.
pub(super) const CLEANUP: &str = "cleanup";

/// The name of the commit that mends what `check` finds.
const CHECK: &str = "check";

/// How a mark names a service: as it is called, and in quotes where that is the name of a commit of another kind.
pub fn of_service(name: &str) -> String {
    match name {
        INIT | UPGRADE | CLEANUP | CHECK => format!("{name:?}"),
        _ => name.to_owned(),
    }
}

/// How a mark names a field of the contract that was added, renamed or removed.
pub fn of_field(name: &str) -> String {
    format!("contract field {name}")
}

/// Whether a line of a message is a mark.
pub(super) fn is_mark(line: &str) -> bool {
    parse(line).is_some()
}

/// The mark in a message, if there is one: the last.
pub(super) fn find(message: &str) -> Option<Marked> {
    message.lines().rev().find_map(parse)
}

/// What the commit with this message is about, if a mark says that the tool made it.
pub fn named(message: &str) -> Option<String> {
    match find(message)? {
        Marked::Change(mark) => Some(mark.name),
        Marked::Undo(_) => None,
    }
}

/// The names of all changes that a commit's message has marks of: of commits that were joined into one, those of each.
pub fn all_named(message: &str) -> Vec<String> {
    let marks = message.lines().filter_map(parse);
    let names = marks.filter_map(|marked| match marked {
        Marked::Change(mark) => Some(mark.name),
        Marked::Undo(_) => None,
    });
    names.collect()
}

fn parse(line: &str) -> Option<Marked> {
    let (key, value) = line.split_once(": ")?;
    let (name, digest) = value.trim_end().rsplit_once(' ')?;
    let mark = Mark {
        name: name.to_owned(),
        digest: digest.to_owned(),
    };
    let digits = matches!(digest.len(), DIGITS | OLD_DIGITS) && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    match key {
        CHANGE if digits => Some(Marked::Change(mark)),
        UNDO if digits => Some(Marked::Undo(mark)),
        _ => None,
    }
}

/// The digest of what leads from one tree to another, as in a [`Mark`].
///
/// # Errors
/// `git-failed`.
pub(super) fn digest_of(git: &GitState, from: Option<&Tree<'_>>, to: &Tree<'_>) -> Result<String> {
    let failed = |cause| error::git::failed("compare the commits", cause);
    let diff = git.repo().diff_tree_to_tree(from, Some(to), None).map_err(failed)?;
    let mut files = Files::new();
    for delta in diff.deltas() {
        for (at, file) in [delta.old_file(), delta.new_file()].into_iter().enumerate() {
            let (Some(path), false) = (file.path().map(text), file.id().is_zero()) else {
                continue;
            };
            let content = match file.mode() {
                // A submodule has no blob here.
                git2::FileMode::Commit => file.id().as_bytes().to_vec(),
                _ => git.repo().find_blob(file.id()).map_err(failed)?.content().to_vec(),
            };
            put(&mut files, path, at, file.mode().into(), content);
        }
    }
    Ok(digest(&files))
}

/// A file in git: its mode and its content.
type Blob = (u32, Vec<u8>);

/// What is at each path before and afterwards.
type Files = BTreeMap<String, [Option<Blob>; 2]>;

fn put(files: &mut Files, path: String, at: usize, mode: u32, content: Vec<u8>) {
    files.entry(path).or_default()[at] = Some((mode, content));
}

fn stored(text: &str, converted: bool) -> Vec<u8> {
    match converted {
        true => text.replace("\r\n", "\n").into_bytes(),
        false => text.as_bytes().to_vec(),
    }
}

fn digest(files: &Files) -> String {
    let mut hasher = Hasher(Sha256::new());
    for (path, sides) in files {
        hasher.add(path.as_bytes());
        for side in sides {
            hasher.add(&side.as_ref().map_or(0, |(mode, _)| *mode).to_le_bytes());
        }
        match sides {
            [Some((_, before)), Some((_, after))] => hasher.add_changed_lines(before, after),
            [Some((_, only)), None] | [None, Some((_, only))] => hasher.add(only),
            [None, None] => {}
        }
    }
    hasher.0.finalize()[..DIGITS / 2]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

struct Hasher(Sha256);

impl Hasher {
    /// Adds bytes and their number, so that where one part ends and the next begins counts.
    fn add(&mut self, part: &[u8]) {
        self.0.update((part.len() as u64).to_le_bytes());
        self.0.update(part);
    }

    fn add_changed_lines(&mut self, before: &[u8], after: &[u8]) {
        let lines = |bytes| -> Vec<&[u8]> { <[u8]>::split_inclusive(bytes, |byte| *byte == b'\n').collect() };
        let (before, after) = (lines(before), lines(after));
        for op in capture_diff_slices(Algorithm::Myers, &before, &after) {
            let (tag, old, new) = op.as_tag_tuple();
            if tag == DiffTag::Equal {
                continue;
            }
            let above = old.start.checked_sub(1).and_then(|line| before.get(line));
            let below = before.get(old.end);
            for context in [above, below] {
                self.add(context.copied().unwrap_or_default());
            }
            for lines in [&before[old], &after[new]] {
                self.add(&(lines.len() as u64).to_le_bytes());
                lines.iter().for_each(|line| self.add(line));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Files, digest};
    use crate::repo::git::{MODE_EXECUTABLE, MODE_FILE};

    const BASE: &str = "{\n  a = 1;\n  b = 2;\n  c = 3;\n  d = 4;\n}\n";

    fn of(before: Option<&str>, after: Option<&str>) -> String {
        let side = |text: Option<&str>| text.map(|text| (MODE_FILE, text.as_bytes().to_vec()));
        digest(&Files::from([("a.nix".to_owned(), [side(before), side(after)])]))
    }

    #[test]
    fn every_edit_makes_it_another() {
        let made = "{\n  a = 1;\n  x = 1;\n  y = 2;\n  c = 3;\n  d = 4;\n}\n";
        let new = "x\ny\nz\n";
        let digests = [
            of(Some(BASE), Some(made)),
            // Lines of the change in another order, and elsewhere; lines around it in another order; line endings.
            of(
                Some(BASE),
                Some(&made.replace("  x = 1;\n  y = 2;\n", "  y = 2;\n  x = 1;\n")),
            ),
            of(
                Some(BASE),
                Some("{\n  a = 1;\n  c = 3;\n  x = 1;\n  y = 2;\n  d = 4;\n}\n"),
            ),
            of(
                Some(BASE),
                Some(&made.replace("  c = 3;\n  d = 4;\n", "  d = 4;\n  c = 3;\n")),
            ),
            of(Some(BASE), Some(&made.replace('\n', "\r\n"))),
            of(Some(BASE), Some(made.trim_end())),
            of(None, Some(new)),
            of(None, Some("z\ny\nx\n")),
            of(None, Some(&new.replace('\n', "\r\n"))),
            of(None, Some("")),
            of(Some(new), None),
        ];
        for (at, one) in digests.iter().enumerate() {
            assert!(!digests[..at].contains(one), "{at}");
        }
        let mode = |mode| digest(&Files::from([("a.nix".to_owned(), [None, Some((mode, Vec::new()))])]));
        assert_ne!(mode(MODE_FILE), mode(MODE_EXECUTABLE));
    }

    #[test]
    fn what_changes_beyond_the_neighbouring_lines_is_of_no_weight() {
        let made = |base: &str| base.replace("  b = 2;\n", "  x = 1;\n");
        let other = BASE.replace("{\n", "{ lib }:\n{\n").replace("  d = 4;\n", "  e = 5;\n");
        assert_eq!(of(Some(BASE), Some(&made(BASE))), of(Some(&other), Some(&made(&other))));
    }

    /// A digest that comes out otherwise one day makes the commits that are there unknown.
    #[test]
    fn it_stays_what_it_was() {
        let made = BASE.replace("  b = 2;\n", "  x = 1;\n") + "# end\n";
        assert_eq!(of(Some(BASE), Some(&made)), "318fcffc77e56bab4d5954b08ae84980");
    }
}
