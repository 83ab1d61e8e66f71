//! The relative path literals of a file, and what they mean.

use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::resolve::value::normalize;
use crate::syntax::{self, AstNode, InterpolPart, Source, ast};

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
    let literal = |path: ast::PathRel| {
        let parent = path.syntax().parent();
        Some(PathLiteral {
            target: target(source, &path)?,
            is_module: parent.is_some_and(|p| ast::List::can_cast(p.kind()) || ast::Apply::can_cast(p.kind())),
            span: syntax::span(path.syntax()),
        })
    };
    syntax::paths(source).into_iter().filter_map(literal).collect()
}

/// What a path literal without interpolation means, relative to the root; `None` for one that is computed.
pub fn target(source: &Source, path: &ast::PathRel) -> Option<PathBuf> {
    let plain = path.parts().iter().all(|part| matches!(part, InterpolPart::Literal(_)));
    let base = source.path().parent().unwrap_or(Path::new(""));
    plain.then(|| normalize(&base.join(path.syntax().text().to_string())))?
}
