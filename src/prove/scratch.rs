//! Scratch copies: a revision or a working tree, with or without a planned change, in a directory of its own.
//!
//! Only what evaluation can read is copied, and what git tracks is taken from its object database as it is there, without
//! filters: what is encrypted stays so. Plain secrets are not opened, see [`super::withheld`]. A large file that is no text is
//! replaced by its digest: evaluation can only refer to it, and sees that it is the same, or another one.

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use git2::{AttrCheckFlags, FileMode, Index, IndexEntry, IndexEntryExtendedFlag, ObjectType, Oid, Repository, Tree};

use super::copy::Copy;
use super::withheld::Withheld;
use crate::edit::SourceChange;
use crate::error::{Error, Result, prove as text};
use crate::secrets;

pub(super) use super::copy::write;

/// Copies the working tree at `root` to `to`, with `overlay` applied: what git tracks, and the Nix files that it does not
/// ignore; without git, all that `.gitignore` does not name.
///
/// # Errors
/// Refuses when a file cannot be read or written, or the tree is too large.
pub fn materialise(root: &Path, overlay: Option<&SourceChange>, to: &Path) -> Result<Withheld> {
    let mut copy = Copy::new(to);
    match Repository::discover(root) {
        Ok(repository) if repository.workdir().is_some() => {
            tracked(&mut copy, &repository, root)?;
            found(&mut copy, root, |path| path.extension().is_some_and(|e| e == "nix"))?;
        }
        _ => found(&mut copy, root, |_| true)?,
    }
    if let Some(change) = overlay {
        copy.overlay(change)?;
    }
    Ok(copy.withheld(root))
}

/// Copies a revision of the repository at `root` to `to`, with `overlay` applied.
///
/// # Errors
/// Refuses when there is no such revision, or it cannot be written.
pub fn materialise_revision(
    root: &Path,
    revision: &str,
    overlay: Option<&SourceChange>,
    to: &Path,
) -> Result<Withheld> {
    let failed = |cause| text::revision(revision, cause);
    let repository = Repository::discover(root).map_err(failed)?;
    let tree = tree_of(&repository, revision, root).map_err(failed)?;
    let mut copy = Copy::new(to);
    let at = prefix(&repository, root).unwrap_or_default();
    revised(&mut copy, &repository, &tree, Path::new(""), &at).map_err(|stop| match stop {
        Stop::Git(cause) => failed(cause),
        Stop::Here(error) => error,
    })?;
    // What is tracked by now is no secret of the working tree, whatever the revision has.
    if let Ok(index) = repository.index() {
        let known = index.iter().filter_map(|entry| below(&entry, &at));
        copy.known(known.collect::<Vec<_>>());
    }
    if let Some(change) = overlay {
        copy.overlay(change)?;
    }
    Ok(copy.withheld(root))
}

/// Whether the last commit has every file that a change starts from, as the change does: whether the commit that it leads
/// to is that commit plus the change. It is not without git, and before the first commit.
pub fn starts_from_head(root: &Path, change: &SourceChange) -> bool {
    let Ok(repository) = Repository::discover(root) else {
        return false;
    };
    let Ok(tree) = tree_of(&repository, "HEAD", root) else {
        return false;
    };
    let has = |path: &Path| {
        let blob = tree.get_path(path).and_then(|entry| entry.to_object(&repository));
        blob.ok().and_then(|object| object.into_blob().ok())
    };
    change.files.iter().all(|file| match &file.from {
        Some(from) => has(from).is_some_and(|blob| blob.content() == file.before.as_bytes()),
        None => true,
    })
}

/// The tracked files below `root`, relative to it, that differ from the last commit, staged or not; sorted. Those whose
/// names are names of secrets are not looked at.
///
/// # Errors
/// Refuses when git's index or last commit cannot be read.
pub fn uncommitted(root: &Path) -> Result<Vec<PathBuf>> {
    let failed = |cause| text::revision("HEAD", cause);
    let repository = Repository::discover(root).map_err(failed)?;
    let at = prefix(&repository, root).unwrap_or_default();
    let head = repository.head().and_then(|head| head.peel_to_tree()).map_err(failed)?;
    let index = repository.index().map_err(failed)?;
    let staged = repository
        .diff_tree_to_index(Some(&head), Some(&index), None)
        .map_err(failed)?;
    let staged = staged.deltas().filter_map(|delta| {
        let path = delta.new_file().path().or(delta.old_file().path())?;
        path.strip_prefix(&at).ok().map(Path::to_owned)
    });
    let mut paths: Vec<PathBuf> = staged.filter(|path| !secrets::looks_like_a_secret(path)).collect();
    for entry in index.iter() {
        let Some(path) = below(&entry, &at) else { continue };
        if !secrets::looks_like_a_secret(&path) && differs(&repository, &index, &entry, &root.join(&path)) {
            paths.push(path);
        }
    }
    paths.sort();
    paths.dedup();
    Ok(paths)
}

/// The Nix files below `root` that git neither tracks nor ignores, relative to it; sorted. Nix sees none of them in a flake.
///
/// # Errors
/// Refuses when git's index or a directory cannot be read.
pub fn untracked(root: &Path) -> Result<Vec<PathBuf>> {
    let failed = |cause| text::revision("the index", cause);
    let Ok(repository) = Repository::discover(root) else {
        return Ok(Vec::new());
    };
    let at = prefix(&repository, root).unwrap_or_default();
    let index = repository.index().map_err(failed)?;
    let is_tracked = |path: &Path| index.get_path(&at.join(path), 0).is_some();
    let mut paths = Vec::new();
    for entry in walk(root) {
        let entry = entry.map_err(|cause| text::scratch("read", root, std::io::Error::other(cause)))?;
        let (Ok(path), Some(kind)) = (entry.path().strip_prefix(root), entry.file_type()) else {
            continue;
        };
        if !kind.is_dir() && path.extension().is_some_and(|e| e == "nix") && !is_tracked(path) {
            paths.push(path.to_owned());
        }
    }
    paths.sort();
    Ok(paths)
}

/// Whether the file at `path` differs from what the index has, as git would show it.
fn differs(repository: &Repository, index: &Index, entry: &IndexEntry, path: &Path) -> bool {
    let Ok(file) = path.symlink_metadata() else {
        return !is_left_out(entry);
    };
    if !file.is_file() || entry.mode & 0o170_000 != 0o100_000 || is_unchanged(repository, index, entry, &file) {
        return false;
    }
    // What a filter makes of a file is not for this program to know.
    if is_filtered(repository, entry) {
        return false;
    }
    let same =
        fs::read(path).is_ok_and(|bytes| Oid::hash_object(ObjectType::Blob, &bytes).is_ok_and(|id| id == entry.id));
    // Line ends may be git's doing.
    !same
        && repository
            .status_file(&entry_path(entry))
            .is_ok_and(|status| !status.is_empty())
}

/// Why a walk through git's objects ended.
enum Stop {
    Git(git2::Error),
    Here(Error),
}

/// Copies a tree of git's, which stands at `from` below the working tree's top, to `to` in the copy. Submodules are
/// copied as the tree has them, where they are checked out.
fn revised(copy: &mut Copy, repository: &Repository, tree: &Tree, to: &Path, from: &Path) -> Result<(), Stop> {
    for entry in tree {
        let name = OsStr::from_bytes(entry.name_bytes());
        let (path, here) = (to.join(name), from.join(name));
        match entry.kind() {
            Some(ObjectType::Tree) => {
                let tree = repository.find_tree(entry.id()).map_err(Stop::Git)?;
                revised(copy, repository, &tree, &path, &here)?;
            }
            Some(ObjectType::Blob) => blob(copy, repository, &path, entry.id(), entry.filemode())?,
            _ => submodule(copy, repository, entry.id(), &path, &here)?,
        }
    }
    Ok(())
}

const LINK: i32 = 0o120_000;
const RUNS: i32 = 0o100_755;

fn blob(copy: &mut Copy, repository: &Repository, path: &Path, id: Oid, mode: i32) -> Result<(), Stop> {
    let link = mode == LINK;
    if !link && copy.withholds(path).map_err(Stop::Here)? {
        return Ok(());
    }
    let blob = repository.find_blob(id).map_err(Stop::Git)?;
    match link {
        true => copy.link(path, Path::new(OsStr::from_bytes(blob.content()))),
        false => copy.file(path, blob.content(), mode == RUNS),
    }
    .map_err(Stop::Here)
}

fn submodule(copy: &mut Copy, repository: &Repository, id: Oid, path: &Path, here: &Path) -> Result<(), Stop> {
    let checked_out = repository.workdir().map(|top| Repository::open(top.join(here)));
    let Some(Ok(module)) = checked_out else { return Ok(()) };
    let tree = module.find_commit(id).and_then(|commit| commit.tree());
    tree.map_or(Ok(()), |tree| revised(copy, &module, &tree, path, Path::new("")))
}

/// The tree of a revision, of `root` where that is a directory inside of the git repository.
fn tree_of<'r>(repository: &'r Repository, revision: &str, root: &Path) -> Result<Tree<'r>, git2::Error> {
    let tree = repository.revparse_single(revision)?.peel_to_tree()?;
    match prefix(repository, root) {
        Some(path) if !path.as_os_str().is_empty() => tree.get_path(&path)?.to_object(repository)?.peel_to_tree(),
        _ => Ok(tree),
    }
}

/// Where `root` is below the top of the working tree.
fn prefix(repository: &Repository, root: &Path) -> Option<PathBuf> {
    let (top, root) = (repository.workdir()?.canonicalize().ok()?, root.canonicalize().ok()?);
    root.strip_prefix(top).ok().map(Path::to_owned)
}

/// Copies what git tracks below `root`, as it is in the working tree.
fn tracked(copy: &mut Copy, repository: &Repository, root: &Path) -> Result<()> {
    let failed = |cause| text::revision("the index", cause);
    let stopped = |stop| match stop {
        Stop::Git(cause) => failed(cause),
        Stop::Here(error) => error,
    };
    let index = repository.index().map_err(failed)?;
    let at = prefix(repository, root).unwrap_or_default();
    for entry in index.iter() {
        let Some(path) = below(&entry, &at) else { continue };
        if entry.mode == u32::from(FileMode::Commit) {
            submodule(copy, repository, entry.id, &path, &at.join(&path)).map_err(stopped)?;
            continue;
        }
        let full = root.join(&path);
        let file = match full.symlink_metadata() {
            Ok(file) => Some(file),
            // A sparse checkout leaves files out; one that the person has deleted is none.
            Err(_) if is_left_out(&entry) => None,
            Err(_) => continue,
        };
        match file {
            Some(file) if file.is_symlink() => copy.linked(&path, &full)?,
            _ if copy.withholds(&path)? => {}
            Some(file) if !is_unchanged(repository, &index, &entry, &file) && !is_filtered(repository, &entry) => {
                if file.is_file() {
                    copy.opened(&path, &full)?;
                }
            }
            _ => blob(copy, repository, &path, entry.id, entry.mode as i32).map_err(stopped)?,
        }
    }
    Ok(())
}

/// Copies the files below `root` that `.gitignore` does not name and `wanted` does, if they are not copied yet.
fn found(copy: &mut Copy, root: &Path, wanted: impl Fn(&Path) -> bool) -> Result<()> {
    for entry in walk(root) {
        let entry = entry.map_err(|cause| text::scratch("read", root, std::io::Error::other(cause)))?;
        let path = entry.path();
        let (Ok(relative), Some(kind)) = (path.strip_prefix(root), entry.file_type()) else {
            continue;
        };
        if kind.is_dir() || !wanted(relative) || copy.has(relative) {
            continue;
        }
        if kind.is_symlink() {
            copy.linked(relative, path)?;
        } else if kind.is_file() && !copy.withholds(relative)? {
            copy.opened(relative, path)?;
        }
    }
    Ok(())
}

/// What is below `root` and not ignored.
fn walk(root: &Path) -> ignore::Walk {
    ignore::WalkBuilder::new(root)
        .hidden(false)
        .require_git(false)
        .filter_entry(|entry| entry.file_name() != ".git")
        .build()
}

fn entry_path(entry: &IndexEntry) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(&entry.path))
}

/// An entry's path, relative to the root that is at `prefix`.
fn below(entry: &IndexEntry, prefix: &Path) -> Option<PathBuf> {
    entry_path(entry).strip_prefix(prefix).ok().map(Path::to_owned)
}

/// Whether a sparse checkout leaves an entry's file out.
fn is_left_out(entry: &IndexEntry) -> bool {
    IndexEntryExtendedFlag::from_bits_truncate(entry.flags_extended).is_skip_worktree()
}

/// Whether a filter of the repository's stands between the file and git (git-crypt, LFS).
fn is_filtered(repository: &Repository, entry: &IndexEntry) -> bool {
    let filter = repository.get_attr(&entry_path(entry), "filter", AttrCheckFlags::FILE_THEN_INDEX);
    filter.is_ok_and(|filter| filter.is_some())
}

/// Whether a file is as git has noted it, without opening it.
fn is_unchanged(repository: &Repository, index: &Index, entry: &IndexEntry, file: &Metadata) -> bool {
    // One that changed when the index was written, or after, may have done so unseen.
    let noted = index.path().and_then(|path| path.metadata().ok());
    let noted = noted.or_else(|| repository.path().join("index").metadata().ok());
    let before = noted.is_some_and(|noted| (file.mtime(), file.mtime_nsec()) < (noted.mtime(), noted.mtime_nsec()));
    let (seconds, nanoseconds) = (i64::from(entry.mtime.seconds()), i64::from(entry.mtime.nanoseconds()));
    // The index counts both in 32 bits.
    let size = u64::from(entry.file_size) == file.len() & u64::from(u32::MAX);
    let time = seconds == i64::from(file.mtime() as i32) && (nanoseconds == 0 || nanoseconds == file.mtime_nsec());
    file.is_file() && before && size && time && (nanoseconds != 0 || entry.file_size != 0)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::copy::LARGE;
    use super::*;
    use crate::edit::FileChange;

    fn tree() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (name, content) in [
            (".gitignore", "ignored\n"),
            ("a.nix", "{}"),
            ("d/b.nix", "{x = 1;}"),
            ("ignored", "secret"),
        ] {
            write(&root.path().join(name), content.as_bytes()).unwrap();
        }
        fs::write(root.path().join("big.bin"), vec![0u8; (LARGE + 1) as usize]).unwrap();
        std::os::unix::fs::symlink("a.nix", root.path().join("inside")).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", root.path().join("outside")).unwrap();
        root
    }

    #[test]
    fn copies_what_belongs_to_the_tree() {
        let (root, to) = (tree(), tempfile::tempdir().unwrap());
        materialise(root.path(), None, to.path()).unwrap();
        let there = |name: &str| to.path().join(name).symlink_metadata().is_ok();
        assert!(there("a.nix") && there("d/b.nix") && there("inside"));
        assert!(!there("ignored") && !there("outside"));
        assert!(
            fs::read_to_string(to.path().join("big.bin"))
                .unwrap()
                .starts_with("sha256 ")
        );
    }

    #[test]
    fn applies_a_change() {
        let (root, to) = (tree(), tempfile::tempdir().unwrap());
        let change = SourceChange {
            files: vec![FileChange {
                from: Some(PathBuf::from("a.nix")),
                to: Some(PathBuf::from("e/a.nix")),
                before: Arc::from("{}"),
                after: Arc::from("{y = 2;}"),
                ..FileChange::default()
            }],
        };
        materialise(root.path(), Some(&change), to.path()).unwrap();
        assert!(!to.path().join("a.nix").exists());
        assert_eq!(fs::read_to_string(to.path().join("e/a.nix")).unwrap(), "{y = 2;}");
        assert_eq!(fs::read_to_string(root.path().join("a.nix")).unwrap(), "{}");
    }

    #[test]
    fn a_change_cannot_leave_the_copy() {
        let (root, to) = (tree(), tempfile::tempdir().unwrap());
        let change = SourceChange {
            files: vec![FileChange {
                from: None,
                to: Some(PathBuf::from("../x.nix")),
                before: Arc::from(""),
                after: Arc::from("{}"),
                ..FileChange::default()
            }],
        };
        assert!(materialise(root.path(), Some(&change), to.path()).is_err());
    }

    #[test]
    fn copies_a_revision_and_not_what_came_after() {
        let (root, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let repository = git2::Repository::init(root.path()).unwrap();
        write(&root.path().join("d/a.nix"), b"{}").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", root.path().join("outside")).unwrap();
        let mut index = repository.index().unwrap();
        index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).unwrap();
        let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
        let author = git2::Signature::now("A", "a@example.org").unwrap();
        repository
            .commit(Some("HEAD"), &author, &author, "first", &tree, &[])
            .unwrap();
        write(&root.path().join("d/a.nix"), b"{later = 1;}").unwrap();

        materialise_revision(root.path(), "HEAD", None, to.path()).unwrap();
        assert_eq!(fs::read_to_string(to.path().join("d/a.nix")).unwrap(), "{}");
        assert!(to.path().join("outside").symlink_metadata().is_err());

        let part = tempfile::tempdir().unwrap();
        materialise_revision(&root.path().join("d"), "HEAD", None, part.path()).unwrap();
        assert!(part.path().join("a.nix").is_file());

        let error = materialise_revision(root.path(), "nowhere", None, to.path()).unwrap_err();
        assert_eq!(error.code(), "no-such-revision");
    }
}
