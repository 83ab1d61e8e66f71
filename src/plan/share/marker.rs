//! The line at the top of a shared file that says which services have left it.

use crate::edit::GroupId;
use crate::plan::ops::Ops;
use crate::plan::texts;
use crate::resolve::module::Module;
use crate::syntax::{self, SyntaxToken};

/// The comment that says who has left the file, once.
pub fn mark(work: &mut Ops, home: &Module, gone: &[String], group: GroupId) {
    let (path, text) = (home.source.path(), texts::shared_marker(gone));
    match marker(home) {
        Some(token) => work.replace(path, syntax::token_span(&token), text, group),
        None => work.insert(path, 0, format!("{text}\n"), group),
    }
}

/// Takes the comment away, with its line.
pub fn remove(work: &mut Ops, home: &Module, group: GroupId) {
    let Some(token) = marker(home) else { return };
    let mut line = syntax::token_span(&token);
    line.end += usize::from(home.source.text()[line.end..].starts_with('\n'));
    work.remove(home.source.path(), line, group);
}

/// The line at the top of a file that says who has left it.
fn marker(home: &Module) -> Option<SyntaxToken> {
    let mut first =
        syntax::tokens(&home.source.root()).take_while(|t| syntax::is_comment(t) || syntax::is_whitespace(t));
    first.find(|token| syntax::is_comment(token) && token.text().starts_with(texts::SHARED_MARKER.trim_end()))
}

/// The services that a file's marker names; `None` without a marker.
pub fn shared_by(home: &Module) -> Option<Vec<String>> {
    let token = marker(home)?;
    let list = token.text().strip_prefix(texts::SHARED_MARKER.trim_end())?;
    let names = list.trim().trim_end_matches('.').split(", ");
    Some(names.map(str::to_owned).collect())
}
