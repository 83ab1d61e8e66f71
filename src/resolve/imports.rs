//! What a module imports, as far as it can be read.

use super::{Eval, Known, Module, Value};
use crate::syntax::Source;

/// Whether a module's `imports` have a part of which it is not known which files it names: `map f …`, a name, `dir + name`.
pub fn are_computed(source: &Source) -> bool {
    if !source.text().contains("imports") {
        return false;
    }
    let Some(module) = Module::head(source) else {
        return false;
    };
    let eval = Eval::alone(&module);
    let is_path = |expr| matches!(eval.eval(expr), Value::Known(Known::Path(_)));
    !module.computed_imports().iter().all(is_path)
}

/// Whether what a module computes its imports from may stand at any depth below the directories that it names.
pub fn are_recursive(source: &Source) -> bool {
    // `listFilesRecursive` of nixpkgs/lib/filesystem.nix, and what people call their own.
    source.text().contains("Recursive")
}

/// Whether a module that computes its imports from what is in a directory may import a file, of which the path from there
/// is given.
pub fn may_name(inside: &std::path::Path, recursive: bool) -> bool {
    let depth = inside.components().count();
    recursive || depth == 1 || depth == 2 && inside.ends_with("default.nix")
}
