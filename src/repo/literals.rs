//! The relative path literals of a file, and what they mean.

use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::resolve::value::normalize;
use crate::syntax::{self, AstNode, InterpolPart, PathRel, Source, ast};

/// A path literal without interpolation.
#[derive(Clone, Debug)]
pub struct PathLiteral {
    /// What it means, relative to the root.
    pub target: PathBuf,
    /// Whether a directory is meant as a module: the literal is an element of a list, or the argument of `import`.
    pub is_module: bool,
    /// Where it stands.
    pub span: Range<usize>,
}

/// Every literal of the file that stays within the repository, in source order.
pub(super) fn of(source: &Source) -> Vec<PathLiteral> {
    let literal = |path: PathRel| {
        Some(PathLiteral {
            target: meant(source, &path)?,
            is_module: path.is_operand,
            span: path.span,
        })
    };
    syntax::paths(source).into_iter().filter_map(literal).collect()
}

/// Whether a path in `text` may end with the name that `name` finds with the slash before it, or with the `default.nix` in
/// a directory of that name.
pub(super) fn may_end_with(text: &[u8], name: &memchr::memmem::Finder) -> bool {
    let goes_on = |text: &[u8]| {
        text.first()
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || b"_-+".contains(byte))
    };
    name.find_iter(text).any(|at| {
        let behind = &text[at + name.needle().len()..];
        match behind.strip_prefix(b"/") {
            Some(inside) => inside.starts_with(b"default.nix") || !goes_on(inside),
            None => !goes_on(behind),
        }
    })
}

/// A word of a comment that would be a path.
#[derive(Clone, Debug)]
pub(super) struct CommentedPath {
    /// What it would mean, relative to the root.
    pub target: PathBuf,
    /// Where it stands.
    pub span: Range<usize>,
}

/// Whether a comment in `text` may begin with a path: without one the file need not be parsed for its comments.
pub(super) fn may_be_commented(text: &str) -> bool {
    ["# ./", "#./", "# ../", "#../"]
        .iter()
        .any(|begin| text.contains(begin))
}

/// The first word of every comment of a file that begins with a path, as that of an import that is commented out.
pub(super) fn commented(source: &Source) -> Vec<CommentedPath> {
    let path = |token: syntax::SyntaxToken| {
        let word = token.text().trim_start_matches(['#', ' ']).split_whitespace().next()?;
        if !(word.starts_with("./") || word.starts_with("../")) {
            return None;
        }
        let start = syntax::token_span(&token).start + token.text().find(word).unwrap_or(0);
        Some(CommentedPath {
            target: resolved(source, word)?,
            span: start..start + word.len(),
        })
    };
    syntax::tokens(&source.root())
        .filter(syntax::is_comment)
        .filter_map(path)
        .collect()
}

/// What a path literal of a file means, relative to the root; `None` for one that is computed.
pub fn meant(source: &Source, path: &PathRel) -> Option<PathBuf> {
    (!path.is_computed).then(|| resolved(source, &source.text()[path.span.clone()]))?
}

/// What a path literal without interpolation means, relative to the root; `None` for one that is computed.
pub fn target(source: &Source, path: &ast::PathRel) -> Option<PathBuf> {
    let plain = path.parts().iter().all(|part| matches!(part, InterpolPart::Literal(_)));
    plain.then(|| resolved(source, &syntax::text_of(path.syntax())))?
}

fn resolved(source: &Source, literal: &str) -> Option<PathBuf> {
    normalize(&source.path().parent().unwrap_or(Path::new("")).join(literal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_path_may_end_with_is_told_by_its_text() {
        let may_end = |text: &str| may_end_with(text.as_bytes(), &memchr::memmem::Finder::new("/misc"));
        for text in [
            "./misc",
            "../misc/default.nix",
            "./misc;",
            "./misc/",
            "./misc/../misc",
            "./misc.d ./misc",
            "./misc/.",
        ] {
            assert!(may_end(text), "{text}");
        }
        for text in ["./miscellany", "../misc/x.nix", "./misc-2", "misc"] {
            assert!(!may_end(text), "{text}");
        }
    }
}
