//! Repositories to run the program in, with nothing of the machine that the tests run on.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::SystemTime;

use qgroget::plan::model::{Choices, Context};
use qgroget::repo::{Repository, hosts};
use tempfile::TempDir;

pub mod checks;
pub mod faults;
pub mod nix;
pub mod person;

/// A field that is added to the contract, as the guide shows it.
pub const ADD_FIELD: [&str; 9] = [
    "contract",
    "add",
    "icon",
    "--type",
    "str",
    "--default",
    "\"\"",
    "--description",
    "A picture for the dashboard.",
];

/// The project's own directory.
pub fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Plans over a repository and its one host, as nobody has chosen anything.
pub fn with_context<R>(repo: &Repository, use_it: impl FnOnce(&Context<'_>) -> R) -> R {
    let host = hosts::find(repo, None).expect("a host");
    let model = hosts::model(repo, &host);
    let choices = Choices::default();
    use_it(&Context {
        repo,
        model: &model,
        host: &host,
        choices: &choices,
    })
}

/// Compares `$text` with `snapshots/<$folder>/<$name>.snap`.
macro_rules! snapshot {
    ($folder:expr, $name:expr, $text:expr) => {
        insta::with_settings!({
            snapshot_path => concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/", $folder),
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!($name, $text);
        });
    };
}
pub(crate) use snapshot;

/// A repository in a directory of its own, and a home without any configuration.
pub struct Repo {
    directory: TempDir,
}

impl Repo {
    /// An empty directory that is no git repository.
    pub fn bare() -> Repo {
        Repo::within(tempfile::Builder::new().prefix("qgroget-test-").tempdir().unwrap())
    }

    /// As [`Repo::bare`], in this directory.
    pub fn within(directory: TempDir) -> Repo {
        fs::create_dir(directory.path().join("home")).unwrap();
        fs::create_dir(directory.path().join("repo")).unwrap();
        Repo { directory }
    }

    /// These files, committed.
    pub fn of<'f>(files: impl IntoIterator<Item = (&'f str, &'f str)>) -> Repo {
        let repo = Repo::bare();
        for (path, text) in files {
            repo.write(path, text);
        }
        repo.start();
        repo
    }

    /// A copy of `examples/homelab`, which is no git repository.
    pub fn homelab_without_git() -> Repo {
        let repo = Repo::bare();
        copy(&project().join("examples/homelab"), &repo.root());
        repo
    }

    /// A copy of `examples/homelab`, committed.
    pub fn homelab() -> Repo {
        static HOMELAB: OnceLock<Files> = OnceLock::new();
        Repo::like(&HOMELAB, || {
            let repo = Repo::homelab_without_git();
            repo.start();
            repo
        })
    }

    /// A copy of `examples/homelab` with the contract installed.
    pub fn with_contract() -> Repo {
        static INITIALISED: OnceLock<Files> = OnceLock::new();
        Repo::like(&INITIALISED, || {
            let repo = Repo::homelab();
            repo.run(&["init", "--yes", "--no-verify"]).succeeds();
            repo
        })
    }

    /// The repository that `make` makes, which is made once: making it takes longer than most tests.
    fn like(files: &OnceLock<Files>, make: impl FnOnce() -> Repo) -> Repo {
        let files = files.get_or_init(|| Files::of(make().directory.path()));
        let directory = tempfile::Builder::new().prefix("qgroget-test-").tempdir().unwrap();
        files.write(directory.path());
        let repo = Repo { directory };
        // The index has the times of the other files.
        repo.git(&["update-index", "-q", "--refresh"]);
        repo
    }

    /// A small repository with the contract, in which these services have theirs and no legacy service is.
    pub fn all_migrated(services: &[&str]) -> Repo {
        let repo = Repo::of([
            (
                "hosts/Server/configuration.nix",
                "{...}: {\n  imports = [\n    ../../modules/server\n    ./settings.nix\n  ];\n}\n",
            ),
            ("hosts/Server/settings.nix", "{...}: {\n}\n"),
            (
                "modules/server/default.nix",
                "{...}: {\n  imports = [\n    ./media\n  ];\n}\n",
            ),
            ("modules/server/media/default.nix", "{...}: {\n  imports = [\n  ];\n}\n"),
        ]);
        repo.run(&["init", "--yes", "--no-verify"]).succeeds();
        for service in services {
            let kind = ["--category", "media", "--kind", "native", "--unexposed", "--yes"];
            repo.run(&[&["new", *service][..], &kind].concat()).succeeds();
        }
        repo
    }

    /// Makes a git repository of what is there.
    pub fn start(&self) {
        self.git(&["init", "--quiet", "--initial-branch=main"]);
        self.commit_all("start");
    }

    pub fn commit_all(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--no-verify", "--message", message]);
    }

    pub fn root(&self) -> PathBuf {
        self.directory.path().join("repo")
    }

    pub fn home(&self) -> PathBuf {
        self.directory.path().join("home")
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    pub fn exists(&self, path: &str) -> bool {
        self.path(path).exists()
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Replaces `old`, which has to be there, in a file.
    pub fn replace(&self, path: &str, old: &str, new: &str) {
        let text = self.read(path);
        assert!(text.contains(old), "{path} has no {old:?}:\n{text}");
        self.write(path, text.replace(old, new));
    }

    /// A script that git or the program may run.
    pub fn script(&self, path: &str, body: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        self.write(path, format!("#!/bin/sh\n{body}\n"));
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A command without the environment of the machine.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(self.root()).stdin(Stdio::null());
        for variable in ["PATH", "NIX_PATH", "TMPDIR", "LLVM_PROFILE_FILE"] {
            if let Some(value) = std::env::var_os(variable) {
                command.env(variable, value);
            }
        }
        if let Some(library) = nix::library() {
            // Without a home there are no channels either.
            command.env("NIX_PATH", format!("nixpkgs={}", library.display()));
        }
        command
            .env("HOME", self.home())
            .env("LC_ALL", "C")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_NAME", "A Person")
            .env("GIT_AUTHOR_EMAIL", "person@example.org")
            .env("GIT_AUTHOR_DATE", "2024-02-29T12:00:00+00:00")
            .env("GIT_COMMITTER_NAME", "A Person")
            .env("GIT_COMMITTER_EMAIL", "person@example.org")
            .env("GIT_COMMITTER_DATE", "2024-02-29T12:00:00+00:00");
        command
    }

    /// The program, ready to run in the repository.
    pub fn qgroget(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_qgroget"));
        command.args(arguments);
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        self.outcome(&mut self.qgroget(arguments))
    }

    /// Migrates without asking, and without the proof: what is evaluated to what is asked of nix by the tests.
    pub fn migrate(&self, arguments: &[&str]) -> Run {
        self.run(&[&["migrate", "--yes", "--no-verify"], arguments].concat())
    }

    /// Runs a command that was made here.
    pub fn outcome(&self, command: &mut Command) -> Run {
        let output = command.output().unwrap();
        Run::new(&output, &self.root())
    }

    /// What git prints; it has to succeed.
    pub fn git(&self, arguments: &[&str]) -> String {
        let output = self.command("git").args(arguments).output().unwrap();
        assert!(
            output.status.success(),
            "git {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// The titles of all commits, the newest first.
    pub fn log(&self) -> Vec<String> {
        self.git(&["log", "--format=%s"]).lines().map(str::to_owned).collect()
    }

    /// `git status`, short; empty if there is nothing to say.
    pub fn status(&self) -> String {
        self.git(&["status", "--porcelain", "--untracked-files=all"])
    }

    /// Every file outside `.git`, with its bytes.
    pub fn tree(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        walk(&self.root(), &mut |path| {
            let name = path.strip_prefix(self.root()).unwrap().to_string_lossy().into_owned();
            if name == ".git" {
                return false;
            }
            if path.is_file() {
                files.insert(name, fs::read(path).unwrap());
            }
            true
        });
        files
    }

    /// Everything there is, `.git` included: size, time of change and permissions.
    pub fn listing(&self) -> BTreeMap<String, (u64, SystemTime, u32)> {
        use std::os::unix::fs::MetadataExt as _;
        let mut all = BTreeMap::new();
        walk(self.directory.path(), &mut |path| {
            let data = path.symlink_metadata().unwrap();
            let name = path.strip_prefix(self.directory.path()).unwrap();
            all.insert(
                name.to_string_lossy().into_owned(),
                (data.len(), data.modified().unwrap(), data.mode()),
            );
            true
        });
        all
    }
}

/// Visits everything below a directory; a directory for which `visit` says no is not entered.
fn walk(directory: &Path, visit: &mut dyn FnMut(&Path) -> bool) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if visit(&path) && path.is_dir() && !path.is_symlink() {
            walk(&path, visit);
        }
    }
}

/// Copies a directory with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(&path).unwrap(), target).unwrap();
        } else if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, target).unwrap();
        }
    }
}

/// Directories, files and links below a directory, as they were when they were read.
struct Files(Vec<(PathBuf, Entry)>);

enum Entry {
    Directory,
    File(Vec<u8>, fs::Permissions),
    Link(PathBuf),
}

impl Files {
    fn of(root: &Path) -> Files {
        fn read(root: &Path, directory: &Path, files: &mut Vec<(PathBuf, Entry)>) {
            for found in fs::read_dir(directory).unwrap() {
                let path = found.unwrap().path();
                let below = path.strip_prefix(root).unwrap().to_owned();
                if path.is_symlink() {
                    files.push((below, Entry::Link(fs::read_link(&path).unwrap())));
                } else if path.is_dir() {
                    files.push((below, Entry::Directory));
                    read(root, &path, files);
                } else {
                    let permissions = fs::metadata(&path).unwrap().permissions();
                    files.push((below, Entry::File(fs::read(&path).unwrap(), permissions)));
                }
            }
        }
        let mut files = Vec::new();
        read(root, root, &mut files);
        Files(files)
    }

    /// Writes all of it below an empty directory.
    fn write(&self, root: &Path) {
        for (path, entry) in &self.0 {
            let path = root.join(path);
            match entry {
                Entry::Directory => fs::create_dir(&path).unwrap(),
                Entry::Link(target) => std::os::unix::fs::symlink(target, &path).unwrap(),
                Entry::File(content, permissions) => {
                    fs::write(&path, content).unwrap();
                    fs::set_permissions(&path, permissions.clone()).unwrap();
                }
            }
        }
    }
}

/// What a run printed, and how it ended.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Run {
    fn new(output: &Output, root: &Path) -> Run {
        let text = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            text.replace(&root.display().to_string(), "<repo>")
        };
        Run {
            code: output.status.code().expect("it ended by itself"),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }

    /// Asserts the exit status.
    #[track_caller]
    pub fn ends(self, code: i32) -> Run {
        assert_eq!(self.code, code, "{self}");
        self
    }

    #[track_caller]
    pub fn succeeds(self) -> Run {
        self.ends(0)
    }

    /// Asserts a refusal with this code.
    #[track_caller]
    pub fn refuses(self, code: &str) -> Run {
        let run = self.ends(1);
        assert!(run.err.contains(&format!("error[{code}]")), "not {code}: {run}");
        run
    }

    /// Asserts that the output or the messages say something.
    #[track_caller]
    pub fn says(self, text: &str) -> Run {
        assert!(
            self.out.contains(text) || self.err.contains(text),
            "{text:?} is not said: {self}"
        );
        self
    }

    #[track_caller]
    pub fn says_not(self, text: &str) -> Run {
        assert!(
            !self.out.contains(text) && !self.err.contains(text),
            "{text:?} is said: {self}"
        );
        self
    }

    /// The output as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("no JSON ({error}): {self}"))
    }

    /// The output as JSON, which follows `docs/schema/<schema>.json`.
    #[track_caller]
    pub fn follows_schema(&self, schema: &str) -> serde_json::Value {
        let schema = fs::read_to_string(project().join(format!("docs/schema/{schema}.json"))).unwrap();
        let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
        let document = self.json();
        let errors: Vec<String> = validator
            .iter_errors(&document)
            .map(|error| format!("{error} at {}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:?}");
        document
    }
}

/// As a snapshot has it, without what differs from run to run.
impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (name, text) in [("stdout", &self.out), ("stderr", &self.err)] {
            if !text.is_empty() {
                writeln!(f, "── {name}\n{}", without_ids(text).trim_end())?;
            }
        }
        write!(f, "── exit status {}", self.code)
    }
}

/// Replaces the ids of commits, which are in brackets: they change with every installed text.
fn without_ids(text: &str) -> String {
    let line = |line: &str| -> String {
        let parts = line.split_once('[').and_then(|(before, rest)| {
            let (id, after) = rest.split_once(']')?;
            Some((before, id, after))
        });
        match parts {
            Some((before, id, after)) if id.len() >= 7 && id.bytes().all(|b| b.is_ascii_hexdigit()) => {
                format!("{before}[<id>]{after}")
            }
            _ => without_times(&without_last_ids(line)),
        }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Replaces the ids at the end of a service's line in a run, and how many seconds the run took.
fn without_last_ids(line: &str) -> String {
    let is_id = |id: &str| id.len() >= 7 && id.bytes().all(|b| b.is_ascii_hexdigit());
    if let Some((before, ids)) = line.rsplit_once(" · ")
        && ids.split(", ").all(is_id)
    {
        return format!("{before} · {}", vec!["<id>"; ids.split(", ").count()].join(", "));
    }
    let seconds = line.strip_suffix(" s)").and_then(|line| line.rsplit_once(" ("));
    match seconds {
        Some((before, number)) if before.contains(" services: ") && number.parse::<u64>().is_ok() => {
            format!("{before} (<time> s)")
        }
        _ => line.to_owned(),
    }
}

/// Seconds with one decimal are how long something took on this machine.
fn without_times(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let timed = |i: usize| {
        let number = words[i].trim_start_matches('(').split_once('.');
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        words.get(i + 1).is_some_and(|unit| unit.trim_end_matches(')') == "s")
            && number.is_some_and(|(whole, tenth)| digits(whole) && digits(tenth) && tenth.len() == 1)
    };
    let mut shown: Vec<&str> = Vec::new();
    for (i, word) in words.iter().enumerate() {
        if timed(i) {
            // How wide a column of times is padded depends on them.
            while shown.last().is_some_and(|last| last.is_empty()) {
                shown.pop();
            }
            shown.push("<time>");
        } else {
            shown.push(word);
        }
    }
    shown.join(" ")
}

/// Says on standard error that the running test is skipped: the harness keeps what a passing test prints to itself,
/// so it goes past it.
pub fn skip(needs: &str) {
    use std::io::Write as _;
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("a test");
    let _ = writeln!(std::io::stderr(), "skipped: needs {needs}: {name}");
}
