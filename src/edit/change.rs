//! What a plan makes of the repository's files: edits, new files, moves and deletions.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::TextEdit;
use crate::syntax::Source;

/// What happens to one file. At least one of `from` and `to` is set.
#[derive(Clone, Debug, Default)]
pub struct FileChange {
    /// Path before, relative to the repository's root; `None` for a new file.
    pub from: Option<PathBuf>,
    /// Path after, relative to the repository's root; `None` for a deleted file.
    pub to: Option<PathBuf>,
    /// The text as found (byte for byte); empty for a new file.
    pub before: Arc<str>,
    /// The text afterwards; empty for a deleted file.
    pub after: Arc<str>,
    /// How `after` comes from `before`: disjoint and sorted by range. Empty for new, deleted and purely moved files.
    pub edits: Vec<TextEdit>,
    /// `after`, parsed, where the plan has done so; read by [`FileChange::parsed`].
    pub parsed: Option<Source>,
    /// Whether it is a new file that was made from one of the tool's own templates.
    pub template: bool,
}

impl FileChange {
    /// `after`, parsed; `None` where nobody has looked into this very text.
    pub fn parsed(&self) -> Option<&Source> {
        let own = |parsed: &&Source| Arc::ptr_eq(parsed.text(), &self.after);
        self.parsed.as_ref().filter(own)
    }

    /// The byte ranges of `after` that the edits have put in, one for each.
    pub fn new_ranges(&self) -> Vec<Range<usize>> {
        let (mut removed, mut added) = (0, 0);
        let mut ranges = Vec::with_capacity(self.edits.len());
        for edit in &self.edits {
            let start = edit.range.start - removed + added;
            ranges.push(start..start + edit.text.len());
            removed += edit.range.len();
            added += edit.text.len();
        }
        ranges
    }

    /// The path a person knows the file by: the one after, or for a deleted file the one before.
    pub fn path(&self) -> &Path {
        self.to
            .as_deref()
            .or(self.from.as_deref())
            .expect("a change has a path")
    }
}

/// All that one approved plan writes: every file once, sorted by path, no two of them writing the same one.
#[derive(Clone, Debug, Default)]
pub struct SourceChange {
    /// The files' changes.
    pub files: Vec<FileChange>,
}

impl SourceChange {
    /// This change and then `next`, which was made for what this one leaves, as one change.
    ///
    /// The edits of files that both change are left out: they are relative to a text in between.
    pub fn then(mut self, next: SourceChange) -> SourceChange {
        for later in next.files {
            let earlier = self
                .files
                .iter()
                .position(|file| file.to.is_some() && file.to == later.from);
            match earlier {
                Some(index) => {
                    let earlier = self.files.remove(index);
                    self.files.push(FileChange {
                        from: earlier.from,
                        to: later.to,
                        before: earlier.before,
                        after: later.after,
                        edits: Vec::new(),
                        parsed: later.parsed,
                        template: false,
                    });
                }
                None => self.files.push(later),
            }
        }
        self.files.retain(|file| file.from.is_some() || file.to.is_some());
        self.files.sort_by(|a, b| a.path().cmp(b.path()));
        self
    }

    /// Whether the same bytes are written to the same places, over the same bytes.
    pub fn is_same_as(&self, other: &SourceChange) -> bool {
        let bytes = |change: &SourceChange| -> Vec<_> {
            let files = change.files.iter();
            files
                .map(|file| {
                    (
                        file.from.clone(),
                        file.to.clone(),
                        file.before.clone(),
                        file.after.clone(),
                    )
                })
                .collect()
        };
        bytes(self) == bytes(other)
    }

    /// Whether nothing is written.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}
