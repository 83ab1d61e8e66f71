//! The comment that a declined gain has left in a contract: it says that nothing backs these paths up, and names them.

use std::ops::Range;

use super::unsaved::Unsaved;
use crate::edit::trivia;
use crate::plan::texts;
use crate::resolve::list::list_elements;
use crate::resolve::module::attribute;
use crate::rules::ContractField;
use crate::syntax::{self, AstNode, Source, SyntaxToken, ast};

/// What becomes of the comment where the gain is taken after all.
pub struct DeclinedGain {
    /// The bytes from the first comment's first to the last one's last.
    pub range: Range<usize>,
    /// What stands there then; empty where the contract says all that the comment does.
    pub text: String,
    /// The comments that go.
    pub goes: Vec<String>,
}

impl DeclinedGain {
    /// The comment directly above an empty `backupPaths`, the binding `empty` of `text`, where a backup takes the paths `unsaved`.
    pub fn find(text: &str, empty: &syntax::SyntaxNode, unsaved: &[Unsaved]) -> Option<DeclinedGain> {
        let comments = trivia::comments_above(text, empty);
        let field = |comment: &SyntaxToken| texts::gap_field(comment.text().strip_prefix("# ")?).map(str::to_owned);
        let (first, field) = comments
            .iter()
            .enumerate()
            .find_map(|(at, one)| Some((at, field(one)?)))?;
        let own = &comments[first..];
        let string = |path: &ast::Expr| match path {
            ast::Expr::Str(string) => syntax::string_value(string),
            _ => None,
        };
        let gained = |path: &ast::Expr| {
            let same = |other: &Unsaved| {
                string(path).is_some_and(|text| other.directory == text)
                    || syntax::text_of(path.syntax()) == other.source
            };
            unsaved.iter().any(same)
        };
        let is_said = paths(&own[1..]).is_some_and(|paths| paths.iter().all(gained));
        let (goes, text) = match is_said {
            true => (own, String::new()),
            false => (&own[..1], format!("# {}", texts::unread_comment(&field))),
        };
        let start = syntax::token_span(&goes[0]).start;
        let end = goes.last().map_or(start, |last| syntax::token_span(last).end);
        Some(DeclinedGain {
            range: start..end,
            text,
            goes: goes.iter().map(|comment| comment.text().to_owned()).collect(),
        })
    }
}

/// The paths that comments have as a `backupPaths` that is commented out, and nothing else.
fn paths(comments: &[SyntaxToken]) -> Option<Vec<ast::Expr>> {
    let lines = comments
        .iter()
        .map(|comment| comment.text().strip_prefix('#').unwrap_or_default());
    let text = format!("{{\n{}\n}}", lines.collect::<Vec<_>>().join("\n"));
    let ast::Expr::AttrSet(set) = Source::new("comment.nix", text).expr().ok()? else {
        return None;
    };
    let only = syntax::nodes::<ast::AttrpathValue>(set.syntax()).len() == 1;
    let value = attribute(&set, &ContractField::BackupPaths.to_string()).filter(|_| only)?;
    let mut elements = Vec::new();
    matches!(value, ast::Expr::List(_)).then(|| list_elements(&value, &mut elements))?;
    Some(elements)
}
