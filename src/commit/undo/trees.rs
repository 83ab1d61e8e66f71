//! Trees and what leads from one to the other, as files on disk.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use git2::build::CheckoutBuilder;
use git2::{Delta, DiffFindOptions, Oid, Tree};

use super::{Entry, merge};
use crate::commit::{After, Mode, Target, text};
use crate::error::{self, Result};
use crate::repo::git::{GitState, MODE_EXECUTABLE, MODE_FILE, Unhonoured, bare_entry};
use crate::scratch::Directory;
use crate::syntax::Source;

/// A difference between two trees at one path.
pub(super) struct Difference {
    pub(super) path: String,
    /// The blob and its mode afterwards.
    pub(super) to: Option<(Oid, u32)>,
    /// The mode before, where the path is there then.
    from: Option<u32>,
    /// The path that moves here, and its mode.
    source: Option<(String, u32)>,
}

/// The paths at which two trees differ.
///
/// # Errors
/// `undo-not-files` where one of them is a link or a submodule.
pub(super) fn differences(
    git: &GitState,
    entry: &Entry,
    from: &Tree<'_>,
    to: Option<&Tree<'_>>,
) -> Result<Vec<Difference>> {
    let failed = |cause| error::git::failed("compare the commits", cause);
    let diff = git.repo().diff_tree_to_tree(Some(from), to, None).map_err(failed)?;
    let moves = moves(git, from, to).map_err(failed)?;
    let mut differences = Vec::new();
    for delta in diff.deltas() {
        let sides = [(delta.old_file(), Delta::Added), (delta.new_file(), Delta::Deleted)];
        let mut path = String::new();
        for (side, absent) in &sides {
            if delta.status() == *absent {
                continue;
            }
            path = side.path().map(text).unwrap_or_default();
            if !matches!(u32::from(side.mode()), MODE_FILE | MODE_EXECUTABLE) {
                return Err(error::git::undo_not_files(&entry.title, &entry.short, &path));
            }
        }
        let new = delta.new_file();
        let there = delta.status() != Delta::Deleted;
        let was = delta.status() != Delta::Added;
        differences.push(Difference {
            to: there.then(|| (new.id(), u32::from(new.mode()))),
            from: was.then(|| u32::from(delta.old_file().mode())),
            source: moves.get(&path).cloned(),
            path,
        });
    }
    let removed: BTreeMap<String, u32> = differences
        .iter()
        .filter(|difference| difference.to.is_none())
        .filter_map(|difference| Some((difference.path.clone(), difference.from?)))
        .collect();
    for difference in differences.iter_mut().filter(|difference| difference.source.is_none()) {
        // A module that was rewritten as it moved from `x.nix` to `x/default.nix`, or back.
        let other = match difference.path.strip_suffix("/default.nix") {
            Some(directory) => format!("{directory}.nix"),
            None => format!("{}/default.nix", difference.path.trim_end_matches(".nix")),
        };
        difference.source = removed.get(&other).map(|mode| (other, *mode));
    }
    Ok(differences)
}

/// Where files move that are much the same on both sides, each with the path and mode that it comes from.
fn moves(
    git: &GitState,
    from: &Tree<'_>,
    to: Option<&Tree<'_>>,
) -> Result<BTreeMap<String, (String, u32)>, git2::Error> {
    let mut diff = git.repo().diff_tree_to_tree(Some(from), to, None)?;
    diff.find_similar(Some(DiffFindOptions::new().renames(true)))?;
    let moved = diff.deltas().filter(|delta| delta.status() == Delta::Renamed);
    let moved = moved.filter_map(|delta| {
        let (old, new) = (delta.old_file(), delta.new_file());
        Some((text(new.path()?), (text(old.path()?), u32::from(old.mode()))))
    });
    Ok(moved.collect())
}

impl Difference {
    /// Where its permissions come from. Git knows of them whether a file is executable, and not even that where it is told
    /// not to trust the file system: all else stays with the file, also where it moves.
    fn mode(&self, to: u32, trusted: bool) -> Mode {
        let (was, kept) = match (self.from, &self.source) {
            (Some(mode), _) => (mode, Mode::Keep),
            (None, Some((path, mode))) => (*mode, Mode::Like(path.into())),
            (None, None) => return Mode::Executable(to == MODE_EXECUTABLE),
        };
        match was == to || !trusted {
            true => kept,
            false => Mode::Executable(to == MODE_EXECUTABLE),
        }
    }
}

/// The differences as files on disk.
pub(super) fn targets(git: &GitState, to: Option<&Tree<'_>>, differences: &[Difference]) -> Result<Vec<Target>> {
    let mut contents = Contents::of(git, to, differences)?;
    let mut targets = Vec::new();
    for difference in differences {
        let path = PathBuf::from(&difference.path);
        let before = match difference.from {
            Some(_) => {
                let bytes = fs::read(git.workdir().join(&path));
                Some(bytes.map_err(|cause| error::apply::unreadable(&path, cause))?.into())
            }
            None => None,
        };
        let after = match difference.to {
            Some((_, mode)) => Some(After {
                bytes: contents.read(git, &difference.path)?,
                mode: difference.mode(mode, git.trusts_modes()),
            }),
            None => None,
        };
        targets.push(Target { path, before, after });
    }
    Ok(targets)
}

/// The files of a tree as they are in a working tree: with line endings and filters as configured.
struct Contents {
    /// The library puts those without a filter program here.
    checkout: Option<Directory>,
    tree: Option<Oid>,
}

impl Contents {
    fn of(git: &GitState, tree: Option<&Tree<'_>>, differences: &[Difference]) -> Result<Contents> {
        let mut contents = Contents {
            checkout: None,
            tree: tree.map(Tree::id),
        };
        let wanted: Vec<&Difference> = differences
            .iter()
            .filter(|difference| difference.to.is_some())
            .collect();
        let (Some(tree), false) = (tree, wanted.is_empty()) else {
            return Ok(contents);
        };
        let directory = Directory::new()?;
        let mut options = CheckoutBuilder::new();
        options
            .force()
            .update_index(false)
            .disable_pathspec_match(true)
            .target_dir(directory.path());
        for difference in wanted {
            options.path(difference.path.as_str());
        }
        git.repo()
            .checkout_tree(tree.as_object(), Some(&mut options))
            .map_err(|cause| error::git::failed("read the files of the commit before", cause))?;
        contents.checkout = Some(directory);
        Ok(contents)
    }

    fn read(&mut self, git: &GitState, path: &str) -> Result<Arc<[u8]>> {
        if let (Some(filter), Some(tree)) = (git.filter(path)?, self.tree) {
            let object = format!("{tree}:{path}");
            let why = [Unhonoured::Filter(filter)];
            return Ok(git
                .run_for_output(&["cat-file", "--filters", &object], None, &why)?
                .into());
        }
        let unreadable = |cause| error::apply::unreadable(Path::new(path), cause);
        match &self.checkout {
            Some(directory) => Ok(fs::read(directory.path().join(path)).map_err(unreadable)?.into()),
            None => Err(unreadable(std::io::ErrorKind::NotFound.into())),
        }
    }
}

/// Resolves the conflicts in an index that are edits of neighbouring lines, or lines at one place that the file had at one of
/// the commits `earlier`, newest first. A Nix file has to parse afterwards.
pub(super) fn resolve_touching(git: &GitState, index: &mut git2::Index, earlier: &[Oid]) -> Result<(), git2::Error> {
    let conflicts: Vec<git2::IndexConflict> = index.conflicts()?.collect::<Result<_, _>>()?;
    for conflict in conflicts {
        let (Some(base), Some(our), Some(their)) = (conflict.ancestor, conflict.our, conflict.their) else {
            continue;
        };
        let content = |entry: &git2::IndexEntry| -> Result<Option<String>, git2::Error> {
            let blob = git.repo().find_blob(entry.id)?;
            Ok(std::str::from_utf8(blob.content()).ok().map(str::to_owned))
        };
        let (Some(base), Some(ours), Some(theirs)) = (content(&base)?, content(&our)?, content(&their)?) else {
            continue;
        };
        let path = PathBuf::from(String::from_utf8_lossy(&our.path).into_owned());
        let Some(merged) = merge::merge_as(&base, &ours, &theirs, &texts_at(git, earlier, &path)?) else {
            continue;
        };
        let is_nix = path.extension().is_some_and(|extension| extension == "nix");
        if is_nix && Source::new(&path, merged.as_str()).expr().is_err() {
            continue;
        }
        let id = git.repo().blob(merged.as_bytes())?;
        index.conflict_remove(&path)?;
        index.add(&bare_entry(&text(&path), id, our.mode))?;
    }
    Ok(())
}

/// The texts that a file has at commits, each once.
fn texts_at(git: &GitState, commits: &[Oid], path: &Path) -> Result<Vec<String>, git2::Error> {
    let mut ids: Vec<Oid> = Vec::new();
    for commit in commits {
        let tree = git.repo().find_commit(*commit)?.tree()?;
        let entry = tree.get_path(path).ok();
        ids.extend(entry.map(|entry| entry.id()).filter(|id| !ids.contains(id)));
    }
    let text = |id| Ok(String::from_utf8(git.repo().find_blob(id)?.content().to_vec()).ok());
    let texts: Result<Vec<Option<String>>, git2::Error> = ids.into_iter().map(text).collect();
    Ok(texts?.into_iter().flatten().collect())
}

/// The paths in conflict in an index, each with the text that a merge would leave there, if it is text.
pub(super) fn conflicts(git: &GitState, index: &git2::Index) -> Result<Vec<(String, String)>, git2::Error> {
    let mut found = Vec::new();
    for conflict in index.conflicts()? {
        let conflict = conflict?;
        let any = [&conflict.our, &conflict.their, &conflict.ancestor]
            .into_iter()
            .flatten()
            .next();
        let Some(entry) = any else { continue };
        let path = String::from_utf8_lossy(&entry.path).into_owned();
        let merged = match (&conflict.ancestor, &conflict.our, &conflict.their) {
            (Some(ancestor), Some(our), Some(their)) => {
                let merged = git.repo().merge_file_from_index(ancestor, our, their, None)?;
                String::from_utf8_lossy(merged.content()).into_owned()
            }
            _ => String::new(),
        };
        found.push((path, merged));
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// Whether a commit changes the file at `path`.
pub(super) fn changes(git: &GitState, id: Oid, path: &str) -> Result<bool, git2::Error> {
    let commit = git.repo().find_commit(id)?;
    let in_tree = |tree: Tree<'_>| tree.get_path(Path::new(path)).ok().map(|entry| entry.id());
    let before = match commit.parent(0) {
        Ok(parent) => in_tree(parent.tree()?),
        Err(_) => None,
    };
    Ok(in_tree(commit.tree()?) != before)
}

/// The lines of a text with git's marks of a conflict that stand between them on the side of HEAD.
pub(super) fn ours(merged: &str) -> Vec<&str> {
    let mut inside = false;
    let lines = merged.lines().filter(|line| {
        let begins = line.starts_with("<<<<<<< ");
        inside = (inside || begins) && *line != "=======" && !line.starts_with("||||||| ");
        inside && !begins
    });
    lines.collect()
}
