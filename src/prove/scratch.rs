//! Scratch copies: a working tree or a revision, with or without a planned change, in a directory of its own.
//!
//! Only what evaluation can read is copied. A large file is replaced by its digest: evaluation that only refers to
//! it sees that it is the same, or another one.

use std::fs;
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::edit::SourceChange;
use crate::error::{Error, Result, prove as text};

/// Above this size a file that is no Nix file is replaced by its digest.
const LARGE: u64 = 256 << 10;
/// A tree with more files is no configuration.
const MOST_FILES: usize = 100_000;
/// The most that is copied.
const MOST_BYTES: u64 = 512 << 20;

/// Copies the working tree at `root` (tracked, and untracked but not ignored) to `to`, with `overlay` applied.
///
/// # Errors
/// Refuses when a file cannot be read or written, or the tree is too large.
pub fn materialise(root: &Path, overlay: Option<&SourceChange>, to: &Path) -> Result<()> {
    let mut copy = Copy::new(to);
    let walk = ignore::WalkBuilder::new(root)
        .hidden(false)
        .parents(false)
        .git_global(false)
        .require_git(false)
        .filter_entry(|entry| entry.file_name() != ".git")
        .build();
    for entry in walk {
        let entry = entry.map_err(|cause| text::scratch("read", root, std::io::Error::other(cause)))?;
        let path = entry.path();
        let Ok(relative) = path.strip_prefix(root) else {
            continue;
        };
        let Some(kind) = entry.file_type() else { continue };
        if kind.is_symlink() {
            copy.link(
                relative,
                &fs::read_link(path).map_err(|cause| text::scratch("read", path, cause))?,
            )?;
        } else if kind.is_file() {
            copy.file(
                relative,
                &fs::read(path).map_err(|cause| text::scratch("read", path, cause))?,
            )?;
        }
    }
    overlay.map_or(Ok(()), |change| copy.overlay(change))
}

/// Copies a revision of the repository at `root` to `to`.
///
/// # Errors
/// Refuses when there is no such revision, or it cannot be written.
pub fn materialise_revision(root: &Path, revision: &str, to: &Path) -> Result<()> {
    let failed = |cause| text::revision(revision, cause);
    let repository = git2::Repository::discover(root).map_err(failed)?;
    let tree = repository
        .revparse_single(revision)
        .and_then(|o| o.peel_to_tree())
        .map_err(failed)?;
    let tree = subtree(&repository, tree, root).map_err(failed)?;
    let mut copy = Copy::new(to);
    let mut outcome = Ok(());
    let walked = tree.walk(git2::TreeWalkMode::PreOrder, |directory, entry| {
        let Some(blob) = entry.to_object(&repository).ok().and_then(|o| o.into_blob().ok()) else {
            return git2::TreeWalkResult::Ok;
        };
        let relative = Path::new(directory).join(String::from_utf8_lossy(entry.name_bytes()).as_ref());
        outcome = if entry.filemode() == i32::from(git2::FileMode::Link) {
            copy.link(&relative, Path::new(String::from_utf8_lossy(blob.content()).as_ref()))
        } else {
            copy.file(&relative, blob.content())
        };
        if outcome.is_ok() {
            git2::TreeWalkResult::Ok
        } else {
            git2::TreeWalkResult::Abort
        }
    });
    outcome?;
    walked.map_err(failed)
}

/// The tree of `root` where that is a directory inside of the git repository.
fn subtree<'r>(
    repository: &'r git2::Repository,
    tree: git2::Tree<'r>,
    root: &Path,
) -> std::result::Result<git2::Tree<'r>, git2::Error> {
    let inside = repository.workdir().and_then(|top| {
        let (top, root) = (top.canonicalize().ok()?, root.canonicalize().ok()?);
        root.strip_prefix(top).ok().map(Path::to_owned)
    });
    match inside {
        Some(path) if path.as_os_str().is_empty() => Ok(tree),
        Some(path) => tree.get_path(&path)?.to_object(repository)?.peel_to_tree(),
        None => Ok(tree),
    }
}

struct Copy<'a> {
    to: &'a Path,
    files: usize,
    bytes: u64,
}

impl<'a> Copy<'a> {
    fn new(to: &'a Path) -> Copy<'a> {
        Copy { to, files: 0, bytes: 0 }
    }

    /// Where a relative path goes; nothing goes elsewhere than below the destination.
    fn place(&self, relative: &Path) -> Result<PathBuf> {
        if relative.components().all(|c| matches!(c, Component::Normal(_))) {
            return Ok(self.to.join(relative));
        }
        Err(Error::internal(format!(
            "{} leaves the scratch copy",
            relative.display()
        )))
    }

    fn file(&mut self, relative: &Path, content: &[u8]) -> Result<()> {
        let nix = relative.extension().is_some_and(|e| e == "nix");
        let large = content.len() as u64 > LARGE && !nix && relative.file_name().is_none_or(|n| n != "flake.lock");
        let digest;
        let content = if large {
            digest = format!("sha256 {:x}\n", Sha256::digest(content)).into_bytes();
            &digest
        } else {
            content
        };
        self.files += 1;
        self.bytes += content.len() as u64;
        if self.files > MOST_FILES || self.bytes > MOST_BYTES {
            return Err(text::tree_too_large(format!(
                "{} files, {} MiB",
                self.files,
                self.bytes >> 20
            )));
        }
        write(&self.place(relative)?, content)
    }

    /// A link that leaves the copy would let evaluation read, and this copy write, elsewhere: it is left out.
    fn link(&self, relative: &Path, target: &Path) -> Result<()> {
        let mut depth = relative.components().count() as isize - 1;
        for component in target.components() {
            depth += match component {
                Component::Normal(_) => 1,
                Component::ParentDir => -1,
                Component::CurDir => 0,
                _ => return Ok(()),
            };
            if depth < 0 {
                return Ok(());
            }
        }
        let place = self.place(relative)?;
        parent(&place)?;
        std::os::unix::fs::symlink(target, &place).map_err(|cause| text::scratch("link", &place, cause))
    }

    fn overlay(&mut self, change: &SourceChange) -> Result<()> {
        for file in &change.files {
            if let Some(from) = file.from.as_deref().filter(|from| file.to.as_deref() != Some(*from)) {
                let place = self.place(from)?;
                match fs::remove_file(&place) {
                    Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
                        return Err(text::scratch("remove", &place, cause));
                    }
                    _ => {}
                }
            }
        }
        for file in &change.files {
            if let Some(to) = &file.to {
                let place = self.place(to)?;
                // A link stays what it is; its target is what changes, and is a file of its own.
                write(&place, file.after.as_bytes())?;
            }
        }
        Ok(())
    }
}

/// Writes a file and the directories above it.
pub(super) fn write(path: &Path, content: &[u8]) -> Result<()> {
    parent(path)?;
    fs::write(path, content).map_err(|cause| text::scratch("write", path, cause))
}

fn parent(path: &Path) -> Result<()> {
    path.parent().map_or(Ok(()), |p| {
        fs::create_dir_all(p).map_err(|cause| text::scratch("create", p, cause))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::edit::FileChange;

    fn tree() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (name, content) in [
            (".gitignore", "ignored\n"),
            ("a.nix", "{}"),
            ("d/b.nix", "{x = 1;}"),
            ("ignored", "secret"),
            (".git/config", "x"),
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
        assert!(!there("ignored") && !there(".git") && !there("outside"));
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

        materialise_revision(root.path(), "HEAD", to.path()).unwrap();
        assert_eq!(fs::read_to_string(to.path().join("d/a.nix")).unwrap(), "{}");
        assert!(to.path().join("outside").symlink_metadata().is_err());

        let part = tempfile::tempdir().unwrap();
        materialise_revision(&root.path().join("d"), "HEAD", part.path()).unwrap();
        assert!(part.path().join("a.nix").is_file());

        let error = materialise_revision(root.path(), "nowhere", to.path()).unwrap_err();
        assert_eq!(error.code(), "no-such-revision");
    }
}
