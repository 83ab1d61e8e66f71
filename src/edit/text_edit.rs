//! A replacement of one byte range of a file.

use std::ops::Range;

use serde::Serialize;

/// The semantic change (a group of the plan) that an edit belongs to: its index in the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct GroupId(pub usize);

/// Replaces the bytes `range` of the original text by `text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextEdit {
    /// Byte offsets into the original text; empty for an insertion.
    pub range: Range<usize>,
    /// What stands there afterwards.
    pub text: String,
    /// The group that asks for it.
    pub group: GroupId,
}
