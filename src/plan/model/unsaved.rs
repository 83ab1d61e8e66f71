//! What a service with a contract keeps and no backup has.

use super::covers;
use super::fact::LegacyField;
use crate::resolve::Eval;
use crate::resolve::module::attribute;
use crate::syntax::{self, AstNode, ast};

/// A directory that no backup has.
pub struct Unsaved {
    /// Its path.
    pub directory: String,
    /// The path as the contract says it, as Nix source.
    pub source: String,
}

/// Those of the contract's `elements` that no backup has; `kept` are their directories.
pub fn persisted(eval: &Eval, elements: Vec<ast::Expr>, kept: &[Option<String>], missing: &[String]) -> Vec<Unsaved> {
    let elements = elements.into_iter().zip(kept);
    let unsaved = elements.filter(|(_, kept)| kept.as_ref().is_some_and(|kept| missing.contains(kept)));
    let paths = unsaved.filter_map(|(element, _)| directory_of(&element));
    let known = paths.filter_map(|path| {
        let directory = eval.string(&path).ok()?;
        let source = syntax::text_of(path.syntax());
        Some(Unsaved { directory, source })
    });
    known.collect()
}

/// Those of `missing` that its containers keep without the contract, and that are not in `known`; what is persisted
/// `elsewhere` is taken into the contract first. `data_dir` is the contract's.
pub fn unpersisted(
    eval: &Eval,
    data_dir: Option<&LegacyField>,
    known: &[Unsaved],
    missing: &[String],
    elsewhere: &[Option<String>],
) -> Vec<Unsaved> {
    let is_known = |directory: &String| {
        let among = known.iter().any(|unsaved| covers(&unsaved.directory, directory));
        among || elsewhere.contains(&Some(directory.clone()))
    };
    let missing = missing
        .iter()
        .filter(|directory| is_path(directory) && !is_known(directory));
    let unsaved = missing.map(|directory| Unsaved {
        directory: directory.clone(),
        source: below(eval, data_dir, directory).unwrap_or_else(|| syntax::string_text(directory)),
    });
    unsaved.collect()
}

/// A directory as the contract says it: beginning with its `dataDir`, where the directory is or lies below that.
fn below(eval: &Eval, data_dir: Option<&LegacyField>, directory: &str) -> Option<String> {
    let value = data_dir?.value.as_ref()?;
    let rest = directory.strip_prefix(&eval.string(value).ok()?)?;
    let text = syntax::text_of(value.syntax());
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let is_below = rest.is_empty() || rest.starts_with('/');
    (is_below && !rest.contains(['"', '\\', '$'])).then(|| format!("\"{inner}{rest}\""))
}

/// Whether a directory is known, and is no text of an expression.
fn is_path(directory: &str) -> bool {
    directory.starts_with('/') && !directory.contains("${")
}

/// The expression that says the directory of an element: itself, or what its set says.
fn directory_of(element: &ast::Expr) -> Option<ast::Expr> {
    match syntax::unparen(element.clone()) {
        ast::Expr::AttrSet(set) => attribute(&set, "directory"),
        path => Some(path),
    }
}
