//! Keeping installed documents true where a change makes them false.

use std::path::Path;
use std::sync::Arc;

use super::merge::{Merged, merge};
use super::{Document, Facts, text};
use crate::edit::GroupId;
use crate::error::{Place, Result};
use crate::plan::ops::Ops;
use crate::plan::{Move, Skipped, texts};
use crate::repo::Repository;

/// What a change makes of the installed documents.
#[derive(Default)]
pub struct Renewal {
    documents: Vec<(&'static Path, Arc<str>, Merged)>,
}

impl Renewal {
    /// The documents that read as they were installed where `before` holds, as they read where `after` does.
    ///
    /// # Errors
    /// As [`text`].
    pub fn of(repo: &Repository, before: &Facts, after: &Facts) -> Result<Renewal> {
        let mut renewal = Renewal::default();
        for document in Document::ALL {
            let path = document.path();
            let Some((_, copy)) = repo.other_texts().find(|(other, _)| *other == path) else {
                continue;
            };
            let (old, new) = (text(document, before)?, text(document, after)?);
            // One with another title is somebody's own.
            if old != new && copy.lines().next() == old.lines().next() {
                renewal
                    .documents
                    .push((path, Arc::clone(&copy), merge(&old, &new, &copy)));
            }
        }
        Ok(renewal)
    }

    /// Whether no document changes.
    pub fn is_empty(&self) -> bool {
        self.documents.iter().all(|(_, _, merged)| merged.edits.is_empty())
    }

    /// The ranges of a document that change.
    pub fn ranges(&self, path: &Path) -> Vec<std::ops::Range<usize>> {
        let own = self.documents.iter().filter(|(own, _, _)| *own == path);
        own.flat_map(|(_, _, merged)| merged.edits.iter().map(|(range, _)| range.clone()))
            .collect()
    }

    /// Edits the documents.
    pub fn render(&self, ops: &mut Ops, group: GroupId) {
        for (path, before, merged) in self.documents.iter().filter(|(_, _, merged)| !merged.edits.is_empty()) {
            ops.edit_text(path, before, &merged.edits, group);
            let moves = merged.edits.iter().map(|(range, _)| Move {
                what: texts::DOCUMENT_EDITED.to_owned(),
                from: Some(Place::new(path, before, range.clone())),
                to: Some(path.display().to_string()),
            });
            ops.tell(group, moves);
        }
    }

    /// What is left, since somebody has written there.
    pub fn skipped(&self) -> impl Iterator<Item = Skipped> {
        self.documents.iter().flat_map(|(path, before, merged)| {
            merged.conflicts.iter().map(|range| Skipped {
                what: texts::document_left(path),
                place: Some(Place::new(path, before, range.clone())),
                why: texts::DOCUMENT_LEFT_WHY.to_owned(),
                next: Some(texts::DOCUMENT_LEFT_NEXT.to_owned()),
            })
        })
    }
}
