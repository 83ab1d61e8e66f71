//! A repository that may be hurt: with a person's unfinished work in it, in memory where that can be had, and with
//! its own temporary directories, so that whatever is left behind is seen.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use super::Repo;

/// A repository with a home, temporary directories, and a place outside all of them for the marks of hooks.
pub struct Lab {
    pub repo: Repo,
    directory: PathBuf,
}

/// The program under test; `QGROGET_BIN` names another one than this build's.
pub fn program() -> PathBuf {
    std::env::var_os("QGROGET_BIN").map_or_else(|| env!("CARGO_BIN_EXE_qgroget").into(), PathBuf::from)
}

impl Lab {
    /// An empty one. `/dev/shm` is taken where there is one: a killed process leaves the same there as on a disk, and
    /// thousands of runs do not wait for one.
    pub fn empty() -> Lab {
        let in_memory = tempfile::Builder::new().prefix("qgroget-lab-").tempdir_in("/dev/shm");
        Lab::within(in_memory.or_else(|_| tempfile::tempdir()).unwrap())
    }

    /// As [`Lab::empty`], in this directory.
    pub fn within(directory: TempDir) -> Lab {
        let path = directory.path().canonicalize().unwrap();
        for name in ["tmp", "run", "bin", "outside"] {
            fs::create_dir(path.join(name)).unwrap();
        }
        fs::set_permissions(path.join("run"), fs::Permissions::from_mode(0o700)).unwrap();
        Lab {
            repo: Repo::within(directory),
            directory: path,
        }
    }

    /// The example homelab, committed, with files of a person beside its modules.
    pub fn homelab() -> Lab {
        let lab = Lab::empty();
        super::copy(&super::project().join("examples/homelab"), &lab.repo.root());
        for (name, text) in PERSONS {
            lab.repo.write(name, text);
        }
        lab.repo.write(".gitignore", "/private\n");
        lab.repo.start();
        // What git does behind a commit is over when the commit is.
        lab.git(&["config", "maintenance.autoDetach", "false"]);
        // As a repository is that has been used for a while: one pack, and no loose objects.
        lab.git(&["gc", "--quiet"]);
        lab
    }

    /// The homelab with the contract installed.
    pub fn with_contract() -> Lab {
        let lab = Lab::homelab();
        lab.done(&["init", "--yes", "--no-verify"]);
        lab
    }

    /// The same once more, everything in it included.
    pub fn copy(&self) -> Lab {
        let lab = Lab::empty();
        lab.become_like(self);
        lab
    }

    /// Makes this one as `other` is, at the place where it stands: what a killed run has noted may name it.
    pub fn become_like(&self, other: &Lab) {
        for name in ["repo", "home", "tmp", "run", "outside"] {
            let own = self.directory.join(name);
            fs::remove_dir_all(&own).unwrap();
            copy(&other.directory.join(name), &own);
        }
    }

    /// Whether there are notes of a run that has not come to its end.
    pub fn has_notes(&self) -> bool {
        self.repo.exists(".git/qgroget/plan.json")
    }

    /// Copies everything to a place that stays.
    pub fn keep_at(&self, path: &Path) {
        copy(&self.directory, path);
    }

    /// The directory that everything is in.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = self.repo.command(program);
        command
            .env("TMPDIR", self.directory.join("tmp"))
            .env("XDG_RUNTIME_DIR", self.directory.join("run"))
            .env("LAB", &self.directory)
            .env("GIT_OPTIONAL_LOCKS", "0");
        command
    }

    pub fn qgroget(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(program());
        command.args(arguments);
        command
    }

    /// A run of the program; one that does not come to an end is ended, with exit status 124.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        let mut command = self.command("timeout");
        command.arg("60").arg(program()).args(arguments);
        Ended::of(self, &command.output().unwrap())
    }

    /// A run that has to succeed.
    #[track_caller]
    pub fn done(&self, arguments: &[&str]) -> Ended {
        let ended = self.run(arguments);
        assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.all());
        ended
    }

    /// What git prints; it has to succeed.
    #[track_caller]
    pub fn git(&self, arguments: &[&str]) -> String {
        let output = self.command("git").args(arguments).output().unwrap();
        let ended = Ended::of(self, &output);
        assert_eq!(ended.code, Some(0), "git {arguments:?}: {}", ended.all());
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// What git finds wrong with its repository. It is asked twice: a git that outlives a killed run may be making a
    /// commit between the listing of the objects and that of the references.
    pub fn corrupt(&self) -> Option<String> {
        self.found_corrupt().and_then(|_| self.found_corrupt())
    }

    fn found_corrupt(&self) -> Option<String> {
        let output = self.command("git").args(["fsck", "--strict", "--no-dangling"]).output();
        let ended = Ended::of(self, &output.unwrap());
        (ended.code != Some(0)).then(|| ended.all())
    }

    /// Makes the person's unfinished work, in all of the forms that git knows.
    pub fn work(&self) {
        let repo = &self.repo;
        repo.write("house/partly.md", "put away\n");
        self.git(&["stash", "push", "--quiet", "--message", "for later"]);
        repo.write("house/staged.md", "staged\n");
        repo.write("house/new.md", "new and staged\n");
        repo.write("house/partly.md", "one\n");
        repo.replace("modules/branding/default.nix", "{", "# one\n{");
        self.git(&["add", "house", "modules/branding"]);
        repo.write("house/partly.md", "one\ntwo\n");
        repo.replace("modules/branding/default.nix", "# one", "# one\n# two");
        repo.write("house/unstaged.md", "unstaged\n");
        self.git(&["rm", "--quiet", "--cached", "house/forgotten.md"]);
        repo.write("house/announced.md", "announced\n");
        self.git(&["add", "--intent-to-add", "house/announced.md"]);
        repo.write("notes/untracked.txt", "untracked\n");
        repo.write("private/ignored.txt", "ignored\n");
        fs::set_permissions(repo.path("private/ignored.txt"), fs::Permissions::from_mode(0o600)).unwrap();
        fs::set_permissions(repo.path("house/script.sh"), fs::Permissions::from_mode(0o755)).unwrap();
        symlink("../house", repo.path("notes/link")).unwrap();
    }
}

/// Files of a person, as they were committed.
const PERSONS: [(&str, &str); 5] = [
    ("house/staged.md", "committed\n"),
    ("house/partly.md", "committed\n"),
    ("house/unstaged.md", "committed\n"),
    ("house/forgotten.md", "committed\n"),
    ("house/script.sh", "#!/bin/sh\n"),
];

/// What begins the paths of the person's unfinished work.
pub const WORK: [&str; 4] = ["house", "notes", "private", "modules/branding"];

/// How a run ended, in words without the lab's own path.
#[derive(Clone, Debug)]
pub struct Ended {
    /// `None` if a signal ended it.
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ended {
    pub fn of(lab: &Lab, output: &Output) -> Ended {
        let text = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            text.replace(&lab.directory.display().to_string(), "<lab>")
        };
        Ended {
            code: output.status.code(),
            signal: output.status.signal(),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }

    /// Everything that was printed.
    pub fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }

    pub fn says(&self, text: &str) -> bool {
        self.all().contains(text)
    }

    /// Whether it says that an earlier run did not come to its end.
    pub fn tells_of_an_interruption(&self) -> bool {
        let all = self.all().to_lowercase();
        ["interrupted", "unfinished"].iter().any(|word| all.contains(word))
    }

    /// The first line that says what is wrong, or else the first one.
    pub fn gist(&self) -> String {
        let all = self.all();
        let error = all.lines().find(|line| line.contains("error"));
        let line = error.or_else(|| all.lines().next()).unwrap_or("nothing is said");
        let exit = self.code.map_or_else(
            || format!("by signal {}", self.signal.unwrap_or_default()),
            |code| code.to_string(),
        );
        format!("exit {exit}: {}", line.trim())
    }
}

/// All that a person can see of a repository: the working tree, the index, and the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Kind, permissions and bytes of everything in the working tree.
    pub files: BTreeMap<String, (u32, Vec<u8>)>,
    /// What the index has of each path, flags included.
    pub index: BTreeMap<String, String>,
    /// The branch that HEAD is on.
    pub branch: String,
    /// The commits of HEAD with trees and messages, the newest first.
    pub log: Vec<String>,
    /// The other branches and tags, and the stash, with what they are on.
    pub refs: BTreeMap<String, String>,
    /// The trees of the commits that `undo` knows.
    pub undo: Vec<String>,
    /// What runs have left behind beside all that.
    pub left: Vec<String>,
}

impl State {
    pub fn of(lab: &Lab) -> State {
        let mut files = BTreeMap::new();
        listing(&lab.repo.root(), Path::new(""), &mut files);
        let entry = |line: &str| {
            let (what, path) = line.split_once('\t').unwrap();
            (path.to_owned(), what.to_owned())
        };
        // The flags of `-v` (assumed unchanged, skipped) come with the entries of `--stage`.
        let index = lab.git(&["ls-files", "-z", "--stage", "-v"]);
        let index = index.split_terminator('\0').map(entry).collect();
        let log = lab.git(&["log", "-z", "--format=%T%n%P%n%B"]);
        let format = "--format=%(refname) %(tree) %(objectname)";
        let (mut refs, mut undo) = (BTreeMap::new(), Vec::new());
        for line in lab.git(&["for-each-ref", format]).lines() {
            let mut words = line.split(' ');
            let (name, tree, id) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
            match name {
                _ if name.starts_with("refs/qgroget/undo") => undo.push(tree.to_owned()),
                _ if name.starts_with("refs/qgroget") => {}
                _ => drop(refs.insert(name.to_owned(), id.to_owned())),
            }
        }
        undo.sort();
        let branch = lab
            .command("git")
            .args(["symbolic-ref", "--quiet", "HEAD"])
            .output()
            .unwrap();
        State {
            files,
            index,
            branch: String::from_utf8_lossy(&branch.stdout).into_owned(),
            log: log.split('\0').map(str::to_owned).collect(),
            refs,
            undo,
            left: leftovers(lab),
        }
    }

    /// What is left behind, but for what is always there after a run.
    pub fn left_beyond(&self, usual: &State) -> Vec<String> {
        let new = self.left.iter().filter(|what| !usual.left.contains(what));
        new.cloned().collect()
    }

    /// The tree of the newest commit.
    pub fn tree(&self) -> Option<&str> {
        self.log.first()?.lines().next()
    }

    /// Whether the working tree, the index and the history are the same; what `undo` knows is not looked at.
    pub fn looks_like(&self, other: &State) -> bool {
        self.differences(other).iter().all(|difference| difference == UNDO)
    }

    /// What is not as in `wanted`, in a few words for each.
    pub fn differences(&self, wanted: &State) -> Vec<String> {
        let mut found = Vec::new();
        maps("", &self.files, &wanted.files, &mut found);
        maps("index: ", &self.index, &wanted.index, &mut found);
        maps("", &self.refs, &wanted.refs, &mut found);
        if self.branch != wanted.branch {
            found.push(format!("HEAD is on {:?}", self.branch.trim()));
        }
        if self.log.len() != wanted.log.len() {
            found.push(format!("{} commits, not {}", self.log.len(), wanted.log.len()));
        } else if self.log != wanted.log {
            found.push("another history".to_owned());
        }
        if self.undo != wanted.undo {
            found.push(UNDO.to_owned());
        }
        found
    }

    /// What is not as in `wanted` of the person's own unfinished work.
    pub fn work_lost(&self, wanted: &State) -> Vec<String> {
        let of = |state: &State| {
            let mut state = state.clone();
            let own = |path: &String| WORK.iter().any(|start| path.starts_with(start));
            state.files.retain(|path, _| own(path));
            state.index.retain(|path, _| own(path));
            state.refs.retain(|name, _| name == "refs/stash");
            state
        };
        let (own, wanted) = (of(self), of(wanted));
        let mut found = Vec::new();
        maps("the person's ", &own.files, &wanted.files, &mut found);
        maps("the person's index: ", &own.index, &wanted.index, &mut found);
        maps("the person's ", &own.refs, &wanted.refs, &mut found);
        found
    }
}

const UNDO: &str = "what undo knows";

fn maps<V: PartialEq>(what: &str, own: &BTreeMap<String, V>, wanted: &BTreeMap<String, V>, found: &mut Vec<String>) {
    for (name, value) in wanted {
        match own.get(name) {
            None => found.push(format!("{what}{name} is missing")),
            Some(own) if own != value => found.push(format!("{what}{name} is another")),
            Some(_) => {}
        }
    }
    let more = own.keys().filter(|name| !wanted.contains_key(*name));
    found.extend(more.map(|name| format!("{what}{name} is too many")));
}

/// Kind, permissions and bytes of all that is under `root`, `.git` excepted.
fn listing(root: &Path, under: &Path, files: &mut BTreeMap<String, (u32, Vec<u8>)>) {
    for entry in fs::read_dir(root.join(under)).unwrap() {
        let path = under.join(entry.unwrap().file_name());
        if path == Path::new(".git") {
            continue;
        }
        let (full, name) = (root.join(&path), path.to_string_lossy().into_owned());
        let data = full.symlink_metadata().unwrap();
        let bytes = if data.is_symlink() {
            fs::read_link(&full)
                .unwrap()
                .to_string_lossy()
                .into_owned()
                .into_bytes()
        } else if data.is_dir() {
            listing(root, &path, files);
            Vec::new()
        } else {
            fs::read(&full).unwrap()
        };
        files.insert(name, (data.mode(), bytes));
    }
}

/// What a run has left behind: locks, notes of its own, and whatever is in the temporary directories.
fn leftovers(lab: &Lab) -> Vec<String> {
    let mut found = Vec::new();
    for name in ["tmp", "run"] {
        for entry in fs::read_dir(lab.directory().join(name)).unwrap() {
            found.push(format!(
                "{name}/{} is left",
                entry.unwrap().file_name().to_string_lossy()
            ));
        }
    }
    let git = lab.repo.root().join(".git");
    let mut files = BTreeMap::new();
    listing(&git, Path::new(""), &mut files);
    for name in files.keys() {
        let inner = name.starts_with("refs/") || name.starts_with("logs/");
        if name.ends_with(".lock") || (name.contains("qgroget") && !inner) {
            found.push(format!(".git/{name} is left"));
        }
    }
    found
}

/// Copies a directory with links, times and permissions.
fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap();
    assert!(status.success(), "{} could not be copied", from.display());
}
