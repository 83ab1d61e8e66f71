//! The root of the repository that a command is given for, from wherever it is run.

use std::path::{Path, PathBuf};

use crate::repo::git::GitState;
use crate::rules;

/// What tells the root, the surest first: the tool's own settings, the directory of the hosts, the flake.
const SIGNS: [&str; 3] = [rules::FILE, "hosts", "flake.nix"];

/// The nearest directory from the current one upward that looks like a repository's root, as a relative path; the root of
/// the git repository where none does, and the current directory where there is none. Directories above that root are not
/// looked at.
pub fn find() -> PathBuf {
    let here = PathBuf::from(".");
    let Ok(current) = std::env::current_dir() else {
        return here;
    };
    let top = GitState::discover(&here)
        .ok()
        .flatten()
        .map(|git| git.workdir().to_owned());
    let Some(top) = top.and_then(|top| top.canonicalize().ok()) else {
        return here;
    };
    let Ok(below) = current.strip_prefix(&top) else {
        return here;
    };
    let depth = below.components().count();
    let up = |levels: usize| match levels {
        0 => here.clone(),
        _ => PathBuf::from(vec![".."; levels].join("/")),
    };
    let has = |sign: &str, levels: usize| up(levels).join(sign).exists();
    let found = SIGNS
        .into_iter()
        .find_map(|sign| (0..=depth).find(|levels| has(sign, *levels)));
    up(found.unwrap_or(depth))
}

/// Whether a directory has anything of a repository that this program is made for.
pub fn is_one(root: &Path) -> bool {
    SIGNS.into_iter().any(|sign| root.join(sign).exists())
}
