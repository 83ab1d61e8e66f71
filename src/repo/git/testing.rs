//! A repository for tests that sees nothing of the machine's git configuration.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use tempfile::TempDir;

use super::{Environment, GitState};
use crate::edit::{FileChange, SourceChange};

/// A directory with a home of its own, and a git repository in it.
pub(crate) struct TestRepo {
    _directory: TempDir,
    home: PathBuf,
    root: PathBuf,
}

/// What is in a directory: each path's mode, and its bytes if it is a file.
pub(crate) type Snapshot = BTreeMap<PathBuf, (u32, Option<Vec<u8>>)>;

impl TestRepo {
    /// A directory without git.
    pub(crate) fn without_git() -> TestRepo {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let top = directory.path().canonicalize().expect("a path");
        let (home, root) = (top.join("home"), top.join("repo"));
        fs::create_dir(&home).expect("home");
        fs::create_dir(&root).expect("root");
        TestRepo {
            _directory: directory,
            home,
            root,
        }
    }

    /// An empty repository.
    pub(crate) fn unborn() -> TestRepo {
        let repo = TestRepo::without_git();
        repo.git(&["init", "--quiet", "--initial-branch=main"]);
        repo.git(&["config", "user.name", "Test"]);
        repo.git(&["config", "user.email", "test@example.org"]);
        repo
    }

    /// A repository with these files committed.
    pub(crate) fn with(files: &[(&str, &str)]) -> TestRepo {
        let repo = TestRepo::unborn();
        for (path, text) in files {
            repo.write(path, text);
        }
        repo.commit_all("first");
        repo
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    pub(crate) fn environment(&self) -> Environment {
        let date = "2025-01-02T03:04:05Z".to_owned();
        Environment::isolated(BTreeMap::from([
            ("HOME".to_owned(), self.home.display().to_string()),
            ("GIT_CONFIG_GLOBAL".to_owned(), "/dev/null".to_owned()),
            ("GIT_CONFIG_NOSYSTEM".to_owned(), "1".to_owned()),
            ("GIT_AUTHOR_DATE".to_owned(), date.clone()),
            ("GIT_COMMITTER_DATE".to_owned(), date),
            ("LC_ALL".to_owned(), "C".to_owned()),
        ]))
    }

    pub(crate) fn state(&self) -> GitState {
        self.state_at(&self.root)
    }

    pub(crate) fn state_at(&self, root: &Path) -> GitState {
        GitState::discover_in(root, self.environment())
            .expect("discovered")
            .expect("a repository")
    }

    /// Runs git here and gives its output without the last newline.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        self.git_at(&self.root, arguments)
    }

    pub(crate) fn git_at(&self, directory: &Path, arguments: &[&str]) -> String {
        let (success, output) = self.try_git_at(directory, arguments);
        assert!(success, "git {arguments:?}: {output}");
        output
    }

    pub(crate) fn try_git(&self, arguments: &[&str]) -> (bool, String) {
        self.try_git_at(&self.root, arguments)
    }

    fn try_git_at(&self, directory: &Path, arguments: &[&str]) -> (bool, String) {
        let mut command = Command::new("git");
        self.environment().put_into(&mut command);
        let output = command
            .current_dir(directory)
            .args(arguments)
            .output()
            .expect("git runs");
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            text.push_str(&String::from_utf8_lossy(&output.stderr));
        }
        (output.status.success(), text.trim_end_matches('\n').to_owned())
    }

    pub(crate) fn commit_all(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(path, text).expect("written");
    }

    /// Writes an executable shell script.
    pub(crate) fn script(&self, path: &str, text: &str) {
        self.write(path, &format!("#!/bin/sh\n{text}\n"));
        self.mode(path, 0o755);
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|cause| panic!("{path}: {cause}"))
    }

    pub(crate) fn mode(&self, path: &str, mode: u32) {
        fs::set_permissions(self.path(path), Permissions::from_mode(mode)).expect("mode");
    }

    pub(crate) fn mode_of(&self, path: &str) -> u32 {
        self.path(path).metadata().expect("there").permissions().mode() & 0o7777
    }

    /// All of the working tree, without git's directory.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::new();
        snap(&self.root, &self.root, &mut snapshot);
        snapshot
    }

    /// HEAD, branches, other references, and the index entry by entry.
    pub(crate) fn git_snapshot(&self) -> String {
        let (_, refs) = self.try_git(&["show-ref"]);
        let head = fs::read_to_string(self.path(".git/HEAD")).expect("HEAD");
        format!("{head}{refs}\n{}", self.git(&["ls-files", "--stage", "-v"]))
    }

    pub(crate) fn status(&self) -> String {
        self.git(&["status", "--porcelain"])
    }
}

fn snap(root: &Path, directory: &Path, snapshot: &mut Snapshot) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        let name = path.strip_prefix(root).expect("inside").to_owned();
        if name == Path::new(".git") {
            continue;
        }
        let found = path.symlink_metadata().expect("there");
        let bytes = found.is_file().then(|| fs::read(&path).expect("readable"));
        snapshot.insert(name, (found.permissions().mode(), bytes));
        if found.is_dir() {
            snap(root, &path, snapshot);
        }
    }
}

/// The change of a file's text.
pub(crate) fn modified(path: &str, before: &str, after: &str) -> FileChange {
    moved(path, path, before, after)
}

/// A file that moves, its text changing on the way.
pub(crate) fn moved(from: &str, to: &str, before: &str, after: &str) -> FileChange {
    FileChange {
        from: Some(from.into()),
        to: Some(to.into()),
        before: Arc::from(before),
        after: Arc::from(after),
        ..FileChange::default()
    }
}

/// A file that is made.
pub(crate) fn created(path: &str, after: &str) -> FileChange {
    FileChange {
        from: None,
        ..modified(path, "", after)
    }
}

/// A file that goes away.
pub(crate) fn deleted(path: &str, before: &str) -> FileChange {
    FileChange {
        to: None,
        ..modified(path, before, "")
    }
}

pub(crate) fn change(files: Vec<FileChange>) -> SourceChange {
    SourceChange { files }
}
