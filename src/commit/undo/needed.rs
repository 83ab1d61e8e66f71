//! What a reversal must not take away: a file that a commit brought, and that later ones have come to need.

use std::path::{Path, PathBuf};

use git2::build::TreeUpdateBuilder;
use git2::{Delta, FileMode, ObjectType, Tree, TreeWalkMode, TreeWalkResult};

use crate::repo::git::{GitState, MODE_EXECUTABLE};
use crate::repo::literals;
use crate::syntax::{self, Source};

/// A file that stays, though the commit that brought it is taken back.
pub struct Kept {
    pub path: PathBuf,
    /// The files that name it, sorted.
    pub by: Vec<PathBuf>,
}

/// The tree `to` with the Nix files of `from` that its own Nix files name by a path, and those files.
pub(super) fn keep<'r>(git: &'r GitState, from: &Tree<'r>, to: Tree<'r>) -> Result<(Tree<'r>, Vec<Kept>), git2::Error> {
    let repo = git.repo();
    let (mut to, mut kept) = (to, Vec::new());
    // What stays may need more.
    loop {
        let diff = repo.diff_tree_to_tree(Some(from), Some(&to), None)?;
        let deleted = diff.deltas().filter(|delta| delta.status() == Delta::Deleted);
        let deleted: Vec<PathBuf> = deleted
            .filter_map(|delta| delta.old_file().path().map(Path::to_owned))
            .filter(|path| path.extension().is_some_and(|end| end == "nix"))
            .collect();
        if deleted.is_empty() {
            return Ok((to, kept));
        }
        let named = names(git, &to)?;
        let mut builder = TreeUpdateBuilder::new();
        let before = kept.len();
        for path in deleted {
            let is_it = |goal: &Path| goal == path || goal.join("default.nix") == path;
            let mut by: Vec<PathBuf> = named
                .iter()
                .filter(|(_, goal)| is_it(goal))
                .map(|(file, _)| file.clone())
                .collect();
            by.sort();
            by.dedup();
            if !by.is_empty() {
                let entry = from.get_path(&path)?;
                let mode = match u32::try_from(entry.filemode()) {
                    Ok(MODE_EXECUTABLE) => FileMode::BlobExecutable,
                    _ => FileMode::Blob,
                };
                builder.upsert(&*path.to_string_lossy(), entry.id(), mode);
                kept.push(Kept { path, by });
            }
        }
        if kept.len() == before {
            return Ok((to, kept));
        }
        to = repo.find_tree(builder.create_updated(repo, &to)?)?;
    }
}

/// Every path that a Nix file of a tree names, with the file.
fn names(git: &GitState, tree: &Tree<'_>) -> Result<Vec<(PathBuf, PathBuf)>, git2::Error> {
    let mut files = Vec::new();
    tree.walk(TreeWalkMode::PreOrder, |directory, entry| {
        let name = entry.name().unwrap_or_default();
        if entry.kind() == Some(ObjectType::Blob) && name.ends_with(".nix") {
            files.push((Path::new(directory).join(name), entry.id()));
        }
        TreeWalkResult::Ok
    })?;
    let mut found = Vec::new();
    for (file, id) in files {
        let blob = git.repo().find_blob(id)?;
        let Ok(text) = std::str::from_utf8(blob.content()) else {
            continue;
        };
        let source = Source::new(&file, text);
        if source.expr().is_ok() {
            let goals = syntax::paths(&source);
            let goals = goals.iter().filter_map(|path| literals::meant(&source, path));
            found.extend(goals.map(|goal| (file.clone(), goal)));
        }
    }
    Ok(found)
}
