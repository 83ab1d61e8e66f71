//! The line in a commit's message by which `undo` knows it again: after an amend, a rebase or a cherry-pick too.
//!
//! `Qgroget-Change: jellyfin 0123456789abcdef` has a digest of what the commit changes, line by line and without
//! context, so that it stays the same wherever the commit is put. `Qgroget-Undo:` with the same words stands in the
//! commit that takes it back.

use std::collections::BTreeMap;
use std::path::Path;

use git2::{Oid, Tree};
use sha2::{Digest, Sha256};

use super::text;
use crate::edit::SourceChange;
use crate::error::{self, Result};
use crate::repo::git::GitState;

const CHANGE: &str = "Qgroget-Change";
const UNDO: &str = "Qgroget-Undo";

/// What a commit changes, in short.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// The service, or what else was planned.
    pub name: String,
    /// A digest of the change: 16 hexadecimal digits.
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
    /// The mark of `change`, which was made for the root of `git`. Writes nothing.
    ///
    /// # Errors
    /// `git-failed`, and where a filter fails.
    pub fn of(name: &str, git: &GitState, change: &SourceChange) -> Result<Mark> {
        let mut lines = Lines::default();
        let mut count = |path: &Path, bytes: &[u8], sign| -> Result<()> {
            let path = git.repo_path(path)?;
            match git.filtered_id(&path, bytes)? {
                Some(id) => lines.count_blob(&path, id, sign),
                None => lines.count(&path, bytes, sign),
            }
            Ok(())
        };
        for file in &change.files {
            if let Some(from) = &file.from {
                count(from, file.before.as_bytes(), -1)?;
            }
            if let Some(to) = &file.to {
                count(to, file.after.as_bytes(), 1)?;
            }
        }
        Ok(Mark {
            name: name.to_owned(),
            digest: lines.digest(),
        })
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

/// Whether a line of a message is a mark.
pub(super) fn is_mark(line: &str) -> bool {
    parse(line).is_some()
}

/// The mark in a message, if there is one: the last.
pub(super) fn find(message: &str) -> Option<Marked> {
    message.lines().rev().find_map(parse)
}

fn parse(line: &str) -> Option<Marked> {
    let (key, value) = line.split_once(": ")?;
    let (name, digest) = value.trim_end().rsplit_once(' ')?;
    let mark = Mark {
        name: name.to_owned(),
        digest: digest.to_owned(),
    };
    let digits = digest.len() == 16 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
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
    let mut lines = Lines::default();
    for delta in diff.deltas() {
        for (file, sign) in [(delta.old_file(), -1), (delta.new_file(), 1)] {
            let (Some(path), false) = (file.path().map(text), file.id().is_zero()) else {
                continue;
            };
            if git.filter(&path)?.is_some() {
                lines.count_blob(&path, file.id(), sign);
            } else if let Ok(blob) = git.repo().find_blob(file.id()) {
                // A submodule has no blob here.
                lines.count(&path, blob.content(), sign);
            }
        }
    }
    Ok(lines.digest())
}

/// How many more times each line stands in each file afterwards. Where in a file they stand does not count, so that it
/// does not depend on how a diff is made.
#[derive(Default)]
struct Lines(BTreeMap<(String, Vec<u8>), i64>);

impl Lines {
    fn count(&mut self, path: &str, bytes: &[u8], sign: i64) {
        // The file itself, so that an empty one counts. A blob has other line endings than the file, where git is told so.
        let there = std::iter::once(&b"\0"[..]);
        let lines = bytes.split(|byte| *byte == b'\n');
        for line in there.chain(lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line))) {
            *self.0.entry((path.to_owned(), line.to_vec())).or_default() += sign;
        }
    }

    /// A file behind a filter: what git has of it is one piece, which need not be text.
    fn count_blob(&mut self, path: &str, id: Oid, sign: i64) {
        *self.0.entry((path.to_owned(), id.as_bytes().to_vec())).or_default() += sign;
    }

    fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        for ((path, line), count) in self.0.iter().filter(|(_, count)| **count != 0) {
            for part in [path.as_bytes(), line, count.to_string().as_bytes()] {
                hasher.update((part.len() as u64).to_le_bytes());
                hasher.update(part);
            }
        }
        hasher
            .finalize()
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}
