//! New code as a program formats it, file by file.
//!
//! How a program lays out an expression may depend on the column that it stands at, so that files are given to it whole. One
//! that it would have changed before is left as the edits made it.

use std::sync::Arc;

use super::formatting::compose;
use super::{FileChange, GroupId, relaid};
use crate::syntax::Source;

/// Lays out what is new in `files` with `format`, which is asked once for all texts and gives `None` for one that it does
/// not format.
pub fn reformat(files: &mut [FileChange], format: &dyn Fn(&[&str]) -> Vec<Option<String>>) {
    let is_nix = |file: &FileChange| {
        file.to
            .as_ref()
            .is_some_and(|to| to.extension().is_some_and(|e| e == "nix"))
    };
    let is_new = |file: &FileChange| file.from.is_none() || !file.edits.is_empty();
    let mut changed: Vec<&mut FileChange> = files.iter_mut().filter(|file| is_nix(file) && is_new(file)).collect();
    let texts: Vec<Arc<str>> = changed
        .iter()
        .flat_map(|file| {
            let before = file.from.is_some().then(|| Arc::clone(&file.before));
            before.into_iter().chain([Arc::clone(&file.after)])
        })
        .collect();
    let mut formatted = format(&texts.iter().map(|text| &**text).collect::<Vec<&str>>()).into_iter();
    for file in &mut changed {
        let was_formatted = match file.from {
            Some(_) => formatted.next().flatten().as_deref() == Some(&*file.before),
            None => true,
        };
        if let (Some(text), true) = (formatted.next().flatten(), was_formatted) {
            take(file, &text);
        }
    }
}

/// Makes `text` of the file's text, if it is the same code.
fn take(file: &mut FileChange, text: &str) {
    let Some(white) = relaid(&file.after, text).filter(|white| !white.is_empty()) else {
        return;
    };
    if file.from.is_some() {
        let group = file.edits.first().map_or(GroupId(0), |edit| edit.group);
        file.edits = compose(&file.before, &file.edits, &white, group);
    }
    let source = Source::new(file.path(), text);
    file.after = Arc::clone(source.text());
    file.parsed = Some(source);
}
