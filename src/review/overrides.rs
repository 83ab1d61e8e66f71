//! The person's own edits of resulting texts, kept through later groups by three-way merges.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use similar::DiffOp;

use super::hunks::{lines, operations};
use crate::edit::{FileChange, GroupId, SourceChange, TextEdit};
use crate::error::{Error, Result};

/// An edit of the person's own: what a file was at edit time, and what it was made.
#[derive(Clone, Debug)]
pub struct Override {
    /// The file's path before the migration; `None` for a new file.
    pub from: Option<PathBuf>,
    /// The path at which it was edited.
    pub path: PathBuf,
    /// The text as rendered when it was edited.
    pub base: Arc<str>,
    /// The text as edited.
    pub edited: Arc<str>,
    /// The group at which it was edited.
    pub group: GroupId,
}

/// Why an edit and a later group do not go together.
#[derive(Debug)]
pub enum Clash {
    /// Both change the same lines: the text holds both, between conflict markers.
    Overlap(String),
    /// They merge, but the result is not right.
    Broken(String, Error),
    /// The file is not written any more.
    Gone,
}

/// A clash and the file it is about.
#[derive(Debug)]
pub struct Conflict {
    /// The file's path.
    pub path: PathBuf,
    /// The text that the plan alone would make of it.
    pub planned: Arc<str>,
    /// What the matter is.
    pub clash: Clash,
}

/// How the person settled a conflict.
#[derive(Clone, Debug)]
pub enum Settled {
    /// The edit of this file is dropped.
    Drop(PathBuf),
    /// The file becomes this text.
    Text(PathBuf, Arc<str>),
}

impl Settled {
    fn path(&self) -> &Path {
        match self {
            Settled::Drop(path) | Settled::Text(path, _) => path,
        }
    }
}

/// Says whether a text is a correct file.
pub type Check<'c> = &'c dyn Fn(&Path, &str) -> Result<()>;

/// Puts the edits on top of `change`, as rendered. On a conflict that `settled` does not settle, the conflict.
pub fn lay_over(
    change: &mut SourceChange,
    edits: &[Override],
    settled: &[Settled],
    check: Check<'_>,
) -> Result<Vec<Override>, Box<Conflict>> {
    let mut kept = Vec::new();
    for edit in edits {
        let answer = settled.iter().rev().find(|settled| settled.path() == edit.path);
        if let Some(Settled::Drop(_)) = answer {
            continue;
        }
        let Some(at) = position(change, edit) else {
            return Err(gone(edit));
        };
        let file = &mut change.files[at];
        let Some(path) = file.to.clone() else {
            return Err(gone(edit));
        };
        let text = match answer {
            Some(Settled::Text(_, text)) => Arc::clone(text),
            _ => merged(edit, &path, &file.after, check)?,
        };
        let planned = std::mem::replace(&mut file.after, Arc::clone(&text));
        file.template &= planned == text;
        if file.from.is_some() {
            file.edits = edits_between(&file.before, &text, &file.edits, edit.group);
        }
        kept.push(Override {
            from: file.from.clone(),
            path,
            base: planned,
            edited: text,
            group: edit.group,
        });
    }
    change
        .files
        .retain(|file| file.from != file.to || file.before != file.after);
    Ok(kept)
}

/// Where the edited file stands in `change`, under its path at edit time or by its origin.
fn position(change: &SourceChange, edit: &Override) -> Option<usize> {
    let same_path = change
        .files
        .iter()
        .position(|file| file.to.as_deref() == Some(&edit.path));
    let same_origin = || {
        edit.from
            .as_ref()
            .and_then(|from| change.files.iter().position(|file| file.from.as_ref() == Some(from)))
    };
    same_path.or_else(same_origin)
}

fn gone(edit: &Override) -> Box<Conflict> {
    Box::new(Conflict {
        path: edit.path.clone(),
        planned: Arc::clone(&edit.base),
        clash: Clash::Gone,
    })
}

fn merged(edit: &Override, path: &Path, planned: &Arc<str>, check: Check<'_>) -> Result<Arc<str>, Box<Conflict>> {
    let clash = if *planned == edit.base {
        return Ok(Arc::clone(&edit.edited));
    } else {
        match diffy::merge(&edit.base, &edit.edited, planned) {
            Err(marked) => Clash::Overlap(named(&marked)),
            Ok(text) => match check(path, &text) {
                Ok(()) => return Ok(Arc::from(text)),
                Err(error) => Clash::Broken(text, error),
            },
        }
    };
    Err(Box::new(Conflict {
        path: edit.path.clone(),
        planned: Arc::clone(planned),
        clash,
    }))
}

/// A merge with its conflict markers named after what they stand for.
fn named(marked: &str) -> String {
    let names = [
        ("<<<<<<< ours\n", "<<<<<<< your edit\n"),
        ("||||||| original\n", "||||||| before both\n"),
        (">>>>>>> theirs\n", ">>>>>>> this change\n"),
    ];
    let mut out = String::with_capacity(marked.len());
    for line in marked.split_inclusive('\n') {
        let name = names.iter().find(|(from, _)| line == *from);
        out.push_str(name.map_or(line, |(_, to)| to));
    }
    out
}

/// The edits that make `after` of `before`, disjoint and sorted, each by the group in `planned` that touches
/// the same bytes, else by `group`.
pub fn edits_between(before: &str, after: &str, planned: &[TextEdit], group: GroupId) -> Vec<TextEdit> {
    let (old, new) = (lines(before), lines(after));
    let starts = |lines: &[&str]| {
        let ends = lines.iter().scan(0, |end, line| {
            *end += line.len();
            Some(*end)
        });
        std::iter::once(0).chain(ends).collect::<Vec<usize>>()
    };
    let (old_starts, new_starts) = (starts(&old), starts(&new));
    let mut edits: Vec<TextEdit> = Vec::new();
    for op in operations(&old, &new) {
        if let DiffOp::Equal { .. } = op {
            continue;
        }
        let (o, n) = (op.old_range(), op.new_range());
        let range = old_starts[o.start]..old_starts[o.end];
        let text = &after[new_starts[n.start]..new_starts[n.end]];
        match edits.last_mut() {
            // Two operations in a row are one replacement.
            Some(last) if last.range.end == range.start => {
                last.range.end = range.end;
                last.text.push_str(text);
            }
            _ => edits.push(TextEdit {
                range,
                text: text.to_owned(),
                group,
            }),
        }
    }
    for edit in &mut edits {
        let touches = |other: &&TextEdit| other.range.start <= edit.range.end && edit.range.start <= other.range.end;
        if let Some(other) = planned.iter().find(touches) {
            edit.group = other.group;
        }
    }
    edits
}

/// The file of `delta` that most lines change in, among those that are written.
pub fn most_changed(delta: &SourceChange) -> Option<&FileChange> {
    let written = |file: &&FileChange| file.to.is_some() && file.before != file.after;
    delta.files.iter().filter(written).rev().max_by_key(|file| size(file))
}

fn size(file: &FileChange) -> usize {
    let (old, new) = (lines(&file.before), lines(&file.after));
    let ops = operations(&old, &new);
    let changes = ops.iter().filter(|op| !matches!(op, DiffOp::Equal { .. }));
    changes.map(|op| op.old_range().len() + op.new_range().len()).sum()
}

#[cfg(test)]
#[path = "overrides_tests.rs"]
mod tests;
